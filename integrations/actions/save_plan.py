"""Creates and changes synchronisations: checked as a whole, scheduled, audited."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from integrations.actions.run_sync import schedule
from integrations.models import SyncPlan
from tenants import audit


def save_plan(plan: SyncPlan, **values: Any) -> SyncPlan:
    """The saved plan; ValidationError keyed by the field."""
    is_new = plan._state.adding
    before = {} if is_new else audit.snapshot(SyncPlan.objects.get(pk=plan.pk))
    for name, value in values.items():
        setattr(plan, name, value)
    if not is_new and before["kind"] != plan.kind:
        raise ValidationError({"kind": _("This cannot be changed: make another synchronisation.")})
    plan.full_clean()
    with transaction.atomic():
        schedule(plan)
        plan.save()
        old, new = audit.changed(before, audit.snapshot(plan))
        if new:
            verb = "created" if is_new else "updated"
            audit.record(f"syncplan.{verb}", plan, before=old, after=new)
    return plan

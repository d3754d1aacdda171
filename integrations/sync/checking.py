"""What is wrong with a synchronisation before it ever runs, by field."""

from django.utils.translation import gettext as _

from integrations.capabilities import KindSupport, Records
from integrations.connectors import connector_of
from integrations.models import MODELS, Integration, SyncPlan
from integrations.records import RecordKind
from tenants.cron import BadCron, parsed


def supported(integration: Integration) -> dict[RecordKind, KindSupport]:
    """What a system can do with which kind of records, as this integration is set up; empty where it has none."""
    found = connector_of(integration.connector).session_class
    return dict(found.kinds_for(integration.settings)) if issubclass(found, Records) else {}


def problems(plan: SyncPlan) -> dict[str, str]:
    """Field -> what is wrong with it, in words."""
    found: dict[str, str] = {}
    for name in ("cron", "full_cron"):
        try:
            if getattr(plan, name):
                parsed(getattr(plan, name))
        except BadCron as error:
            found[name] = str(error)
    integration = Integration.objects.filter(pk=plan.integration_id).first()
    if integration is not None and plan.kind:
        found |= _beyond(plan, integration)
    return found


def _beyond(plan: SyncPlan, integration: Integration) -> dict[str, str]:
    """What the system cannot do."""
    if plan.kind not in set(RecordKind):
        return {}  # the field's own choices say so
    support = supported(integration).get(RecordKind(plan.kind))
    named = {"system": integration.system}
    if support is None or plan.kind not in MODELS:
        return {"kind": _("%(system)s does not offer these records.") % named}
    if plan.reads and not support.is_readable:
        return {"direction": _("%(system)s cannot be read in this.") % named}
    if plan.writes and not support.is_writable:
        return {"direction": _("%(system)s cannot be written to in this.") % named}
    return {}

"""Makes rules, lines and hours for tests, and lets what is due happen."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from telephony import policies
from telephony.models import CallNotification, CallPolicy, CallRule, Line, PopupChoice
from tenants.models import Tenant
from tenants.work import drain


def make_rule(tenant: Tenant, **values: Any) -> CallRule:
    named = {"name": f"rule {CallRule.objects.count()}"}
    rule = CallRule(tenant=tenant, **(named | values))
    rule.full_clean()
    rule.save()
    policies.forget_all()
    return rule


def make_line(tenant: Tenant, number: str, **values: Any) -> Line:
    named: dict[str, Any] = {"tenant": tenant, "number": number}
    line = Line.objects.create(**(named | values))  # type: ignore[misc]
    policies.forget_all()
    return line


def make_policy(tenant: Tenant, **values: Any) -> CallPolicy:
    named: dict[str, Any] = {"tenant": tenant}
    row = CallPolicy.objects.create(**(named | values))  # type: ignore[misc]
    policies.forget_all()
    return row


def choose_popups(tenant: Tenant, extension: str, mode: str) -> None:
    PopupChoice.objects.create(tenant=tenant, extension=extension, mode=mode)
    policies.forget_all()


def finish(turns: int = 6, ahead: float = 60.0) -> None:
    """Close what is over, and tell the CRMs everything that comes of it."""
    drain("calls.finish", timezone.now() + timedelta(seconds=ahead))
    for _turn in range(turns):
        ahead += 61
        drain("calls.notify", timezone.now() + timedelta(seconds=ahead))


def told() -> dict[str, tuple[str, str]]:
    """State and reason of what was told by its kind; of the history and of what follows a call."""
    rows = CallNotification.objects.exclude(kind__in=("popup", "answer", "hangup")).order_by("id")
    return {row.kind: (row.state, row.reason_code) for row in rows}

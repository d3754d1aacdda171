"""Whether somebody answers at a given moment."""

from datetime import datetime

from telephony import policies
from tenants.models import Tenant


def is_open(tenant: Tenant | int, line: str, at: datetime) -> bool:
    """Whether that line (an outside number or a trunk, as the exchange says it; empty: any) answers then.

    By the line's own hours, else by the company's default; always, where none were entered. Costs no query as a rule.
    """
    policy = policies.of_tenant(tenant if isinstance(tenant, int) else tenant.pk)
    return policy.is_open(policy.line(line), at)


def next_opening(tenant: Tenant | int, line: str, at: datetime) -> datetime | None:
    """That moment itself while the line answers, else when it does next; None when it stays closed for two weeks."""
    policy = policies.of_tenant(tenant if isinstance(tenant, int) else tenant.pk)
    schedule = policy.line(line).schedule or policy.schedule
    return at if schedule is None else schedule.next_opening(at)

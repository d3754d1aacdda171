"""Lines appear by themselves: the first call on one makes its row, in which people enter what they know of it."""

from collections.abc import Sequence
from typing import Final

from telephony import policies
from telephony.actions.planning import EXTERNAL
from telephony.lines import line_name
from telephony.models import Call, Line
from tenants import bulk

MOST_LINES: Final = 1000
"""Of a company. What an exchange calls a line may be anything; beyond that, no more are made by themselves."""


def meet_lines(calls: Sequence[Call]) -> None:
    """Rows for lines that were not known yet; no query where all are."""
    met: dict[tuple[int, str], Line] = {}
    for call in calls:
        if call.direction in EXTERNAL:
            policy = policies.of_tenant(call.tenant_id)
            number = line_name(call.did, call.trunk, policy.region)
            if number and number not in policy.lines and len(policy.lines) < MOST_LINES:
                met[call.tenant_id, number] = Line(tenant_id=call.tenant_id, number=number)
    if met:
        bulk.create(list(met.values()))
        for tenant_id, number in met:
            policies.met(tenant_id, number)

"""The lines that clients call."""

from telephony import policies
from telephony.models import Call
from telephony.policies import HeardLine


def line_of(call: Call) -> HeardLine:
    """The line of a call, with everything that was entered for it. Costs no query as a rule."""
    return policies.of_tenant(call.tenant_id).line(call.did, call.trunk)

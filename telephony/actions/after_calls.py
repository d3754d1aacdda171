"""What follows from calls that are over, for the people who look after them: who waits for a call back, and the figures."""

from collections.abc import Sequence

from telephony.actions.missed_clients import Followed, follow_up
from telephony.actions.tally_calls import want_tally
from telephony.models import Call


def over(calls: Sequence[Call]) -> Followed:
    """In the transaction that closes them, or that corrects what had been closed already."""
    if not calls:
        return Followed()
    want_tally(calls)
    return follow_up(calls)

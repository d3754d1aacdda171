"""How long a call that was hung up may still turn out to go on, or to have gone otherwise."""

from datetime import timedelta
from typing import Final

from django.conf import settings

from telephony.models.call import Call, CallStatus

LOST: Final = timedelta(minutes=5)
"""Of a call that we lost sight of: so long its records may come and tell how it really ended."""


def grace(call: Call) -> timedelta:
    """From the end until it is told to CRMs as final."""
    return LOST if call.status == CallStatus.LOST else timedelta(seconds=settings.CALL_END_GRACE)

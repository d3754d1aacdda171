"""Time-ordered ids (UUID version 7, RFC 9562): unguessable, made by the program, sortable by age."""

import uuid
from datetime import datetime

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> uuid.UUID:
    return _uuid7()


def uuid7_at(moment: datetime) -> uuid.UUID:
    """The smallest id of that millisecond: `id__gte=uuid7_at(midnight)` is "since midnight" served by the key's index."""
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7000 << 64 | 0x8000 << 48)

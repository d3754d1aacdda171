"""Time-ordered ids (UUID version 7, RFC 9562): unguessable, made by the program, sortable by age."""

import uuid
from datetime import datetime
from typing import Final

from uuid_utils.compat import uuid7 as _uuid7

LAST_MILLISECOND: Final = 2**48 - 1


def uuid7() -> uuid.UUID:
    return _uuid7()


def uuid7_at(moment: datetime) -> uuid.UUID:
    """The smallest id of that millisecond: `id__gte=uuid7_at(midnight)` is "since midnight" served by the key's index."""
    # Callers may ask for times before 1970: ids begin there, and so does everything that they find.
    milliseconds = min(max(int(moment.timestamp() * 1000), 0), LAST_MILLISECOND)
    return uuid.UUID(int=milliseconds << 80 | 0x7000 << 64 | 0x8000 << 48)

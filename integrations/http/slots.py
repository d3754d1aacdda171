"""How many calls of one integration may be under way at a time, over all workers.

Each slot is a row that is held until a moment. A worker that was killed gives its slot back when that has come.
"""

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.models import CallSlot
from tenants.errors import RateLimited

# Longer than any attempt: its time limit, and waiting for its turn.
MARGIN = 15.0
LOOK_AGAIN = 0.05


class Slots:
    """One integration's."""

    def __init__(self, integration_id: uuid.UUID, count: int) -> None:
        self._integration_id, self._count = integration_id, count

    @contextmanager
    def held(self, patience: float) -> Iterator[float]:
        """A slot for as long as the block lasts; the seconds that it was waited for. RateLimited without one."""
        begun, holder = time.monotonic(), uuid.uuid4()
        while not self._take(holder):
            if time.monotonic() - begun >= patience:
                raise RateLimited(
                    _("As many calls as this system allows are under way; the call waits for its turn."),
                    detail=f"{self._count} at a time",
                    retry_after=1.0,
                )
            time.sleep(LOOK_AGAIN)
        try:
            yield time.monotonic() - begun
        finally:
            self._rows().filter(holder=holder).update(holder=None, held_until=0)

    def _rows(self) -> QuerySet[CallSlot]:
        return CallSlot.objects.filter(integration_id=self._integration_id, number__lt=self._count)

    def _take(self, holder: uuid.UUID) -> bool:
        now = time.time()
        known = dict(self._rows().values_list("number", "held_until"))
        if len(known) < self._count:
            self._make(known)
            known = dict(self._rows().values_list("number", "held_until"))
        free = [number for number, until in known.items() if until <= now]
        random.shuffle(free)
        until = now + settings.EXTERNAL_API_TIMEOUT + MARGIN
        return any(
            self._rows().filter(number=number, held_until__lte=now).update(holder=holder, held_until=until)
            for number in free
        )

    def _make(self, known: dict[int, float]) -> None:
        rows = [
            CallSlot(integration_id=self._integration_id, number=number)
            for number in range(self._count)
            if number not in known
        ]
        CallSlot.objects.bulk_create(rows, ignore_conflicts=True)

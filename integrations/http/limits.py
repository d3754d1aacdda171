"""Every limit that a call has to keep: paces, the number for a day, and how many may be under way at a time."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings

from integrations.http.bucket import Bucket
from integrations.http.quota import Quota
from integrations.http.reserve import CommonPlace, OwnPlace
from integrations.http.slots import Slots
from integrations.live import Live
from integrations.manifest import Manifest, RateLimit, Scope

MOST_COMMON = 1024


class Limits:
    """One integration's. A draft has none: there are no rows to share them in, and a person waits."""

    def __init__(self, live: Live, manifest: Manifest, base_url: str) -> None:
        found = () if live.is_draft else rates(manifest)
        host = urlsplit(base_url).netloc.lower()
        self._by_name: Mapping[str, RateLimit] = {limit.name: limit for limit in found}
        self._buckets = {limit.name: _bucket(live, manifest, limit, host) for limit in found}
        self._quotas = {
            limit.name: Quota(live.id, limit, per_day)
            for limit in found
            if (per_day := _per_day(live, limit))
        }
        self._slots = (
            Slots(live.id, manifest.concurrency) if manifest.concurrency and not live.is_draft else None
        )
        # Whoever may choose the address may let it ask for a pause: that must not stop everybody else.
        self._may_stop_all = not manifest.base_url_setting

    @contextmanager
    def turn(self, bucket: str, patience: float) -> Iterator[float]:
        """A call's turn, for as long as the block lasts; the seconds that it was waited for. RateLimited without one."""
        if self._slots is None:
            yield self._take(bucket, patience)
            return
        with self._slots.held(patience) as waited:
            yield waited + self._take(bucket, patience - waited)

    def hold(self, bucket: str, seconds: float) -> None:
        """Nobody has a turn in that bucket before `seconds` are over."""
        limit = self._limit(bucket)
        if limit is not None and (limit.scope is not Scope.INSTALLATION or self._may_stop_all):
            self._buckets[limit.name].hold(seconds)

    def _take(self, bucket: str, patience: float) -> float:
        waited, limit = 0.0, self._limit(bucket)
        while limit is not None:
            waited += self._buckets[limit.name].take(patience - waited)
            if limit.name in self._quotas:
                self._quotas[limit.name].take()
            limit = self._by_name[limit.within] if limit.within else None
        return waited

    def _limit(self, name: str) -> RateLimit | None:
        return self._by_name[name] if name and self._by_name else next(iter(self._by_name.values()), None)


def rates(manifest: Manifest) -> tuple[RateLimit, ...]:
    """The manifest's buckets, or the installation's limit for systems that name none."""
    rate = float(settings.EXTERNAL_API_RATE_LIMIT)
    return manifest.rate_limits or (RateLimit("default", per_second=rate, burst=max(1.0, rate / 4)),)


def _per_day(live: Live, limit: RateLimit) -> int:
    return (
        int(live.settings.get(limit.per_day_setting) or limit.per_day)
        if limit.per_day_setting
        else limit.per_day
    )


_common: "OrderedDict[str, Bucket]" = OrderedDict()
_lock = threading.Lock()


def _bucket(live: Live, manifest: Manifest, limit: RateLimit, host: str) -> Bucket:
    if limit.scope is Scope.INTEGRATION:
        return Bucket(OwnPlace(live.id, limit.name), limit)
    key = f"{manifest.code}:{limit.name}" + (f":{host}" if limit.scope is Scope.HOST else "")
    # One for the whole process: each reserves turns in advance, and those of many would be lost unused.
    with _lock:
        found = _common.get(key)
        if found is None or found.limit != limit:
            found = _common[key] = Bucket(CommonPlace(key[:300]), limit)
            if len(_common) > MOST_COMMON:
                _common.popitem(last=False)
        _common.move_to_end(key)
        return found


def forget_common() -> None:
    """As a new process does."""
    with _lock:
        _common.clear()

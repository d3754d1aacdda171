"""Counts wrong passwords and codes, in the database, so that every process and every restart knows them.

An attempt is counted before it is checked and taken back when it was right, so a hundred at once are a hundred. Ways:

- `pair`     one name from one address: five tries, then waits of 1, 2, 4 … 15 minutes;
- `address`  one address, whatever the names: thirty in a quarter of an hour (credential stuffing);
- `name`     one name, whatever the addresses: thirty in an hour (a distributed attack);
- `device`   one name from a browser in which that person has signed in before (a signed cookie says so). Such a browser
             is counted by itself alone, so nobody elsewhere can lock a person out of their own machine;
- `forgotten` requests for a new password from one address: ten, then one each quarter of an hour;
- `code`     second factors and repeated passwords of one person, who has shown the password already.

No wait is longer than fifteen minutes, and administrators can end it. A wait is the same for names that do not exist.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from tenants.addresses import neighbourhood
from tenants.models import User
from tenants.names import name_key
from tenants.signin import devices
from tenants.signin.models import Failures

LONGEST_WAIT: Final = timedelta(minutes=15)
KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    tries: int
    window: timedelta  # since the first failure; since the last one where only the guesser suffers
    first_wait: timedelta
    is_sliding: bool = True

    def wait(self, count: int) -> timedelta:
        """After that many failures: none, then doubling."""
        over = count - self.tries
        if over < 0:
            return timedelta()
        return min(self.first_wait * 2 ** min(over, 10), LONGEST_WAIT)


LIMITS: Final = {
    "pair": Limit(5, timedelta(minutes=15), timedelta(minutes=1)),
    "device": Limit(5, timedelta(minutes=15), timedelta(minutes=1)),
    "address": Limit(30, timedelta(minutes=15), LONGEST_WAIT, is_sliding=False),
    "name": Limit(30, timedelta(hours=1), LONGEST_WAIT, is_sliding=False),
    "forgotten": Limit(10, timedelta(hours=1), LONGEST_WAIT, is_sliding=False),
    "code": Limit(5, timedelta(hours=1), timedelta(minutes=1)),
}
OF_ADDRESSES: Final = frozenset({"address", "forgotten"})


@dataclass(frozen=True, slots=True)
class Counter:
    way: str
    key: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was counted, to be taken back (`succeeded`) or left standing (`failed`)."""

    counters: tuple[Counter, ...]
    user: User | None

    def succeeded(self) -> None:
        with transaction.atomic():
            for row in _rows(self.counters):
                if row.way in ("pair", "device", "code"):
                    row.delete()
                else:
                    # One's own success must not wipe out what else was tried from here.
                    row.count -= min(row.count, 1)
                    if row.count < LIMITS[row.way].tries:
                        row.locked_until = None
                    row.save(update_fields=["count", "locked_until"])

    def failed(self) -> list[Failures]:
        """The counters that this attempt locked."""
        now = timezone.now()
        return [
            row
            for row in Failures.objects.filter(pk__in=[counter.key for counter in self.counters])
            if row.locked_until and row.locked_until > now
        ]


class Locked(Exception):
    """Too many failures; nothing was checked."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"locked for {wait}")
        self.minutes = max(1, -(-int(wait.total_seconds()) // 60))


def sign_in_attempt(request: HttpRequest, name: str, user: User | None) -> Attempt:
    """Count one try of a password; `Locked` when it must not even be checked."""
    address = neighbourhood(request.META.get("REMOTE_ADDR"))
    typed = name_key(name)
    device = devices.known_device(request, user)
    if device:
        counters = [_counter("device", typed, device)]
    else:
        counters = [
            _counter("pair", typed, address, address=address),
            _counter("address", address, address=address),
            _counter("name", typed),
        ]
    return _begin(counters, user)


def code_attempt(request: HttpRequest, user: User) -> Attempt:
    """The same for a second factor, or for the password of somebody who is signed in."""
    # Whoever comes here knows the password; a browser the person knows is still not locked by a stranger's guesses.
    device = devices.known_device(request, user)
    return _begin([_counter("code", str(user.pk), device or "")], user)


def forgotten_attempt(request: HttpRequest) -> Attempt:
    """Count one request for a new password. It never succeeds, so it is never taken back."""
    address = neighbourhood(request.META.get("REMOTE_ADDR"))
    return _begin([_counter("forgotten", address, address=address)], None)


def forget_old() -> None:
    Failures.objects.filter(last_at__lt=timezone.now() - KEPT).delete()


def _counter(way: str, *parts: str, address: str = "") -> Counter:
    text = "\n".join((way, *parts)).encode("utf-8", "surrogatepass")
    # Keyed, so that a dump does not let anybody test which names were typed.
    return Counter(way, hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest(), address)


def _begin(counters: Iterable[Counter], user: User | None) -> Attempt:
    # One order for all: two requests that lock the same rows never wait for each other in a circle.
    ordered = tuple(sorted(counters, key=lambda counter: counter.key))
    now = timezone.now()
    with transaction.atomic():
        _create_missing(ordered, user)
        rows = _rows(ordered)
        waits = [row.locked_until - now for row in rows if row.locked_until and row.locked_until > now]
        if waits:
            raise Locked(max(waits))
        for row in rows:
            _count(row, now)
    return Attempt(ordered, user)


def _create_missing(counters: tuple[Counter, ...], user: User | None) -> None:
    known = set(
        Failures.objects.filter(pk__in=[counter.key for counter in counters]).values_list("key", flat=True)
    )
    for counter in counters:
        if counter.key not in known:
            owner = None if counter.way in OF_ADDRESSES else user
            try:
                with transaction.atomic():
                    Failures.objects.create(
                        key=counter.key, way=counter.way, user=owner, address=counter.address
                    )
            except IntegrityError:
                continue  # another request was first: its row serves both


def _rows(counters: tuple[Counter, ...]) -> list[Failures]:
    keys = [counter.key for counter in counters]
    return list(Failures.objects.select_for_update().filter(pk__in=keys).order_by("key"))


def _count(row: Failures, now: datetime) -> None:
    limit = LIMITS[row.way]
    if now - (row.last_at if limit.is_sliding else row.since) > limit.window:
        row.count, row.since = 0, now
    row.count += 1
    row.last_at = now
    wait = limit.wait(row.count)
    row.locked_until = now + wait if wait else None
    row.save(update_fields=["count", "since", "last_at", "locked_until"])

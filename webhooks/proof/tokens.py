"""The token of an endpoint's log-in: the one that is known, or a new one, which one worker at a time asks for.

What was granted is committed before it is used, so that all workers share it.
"""

import logging
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import orjson
from django.db import close_old_connections
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from tenants.scoping import all_tenants
from webhooks.models.token import EndpointToken
from webhooks.proof.asking import FAILED, SECONDS, Granted, TokenTrouble, ask
from webhooks.proof.logins import Client
from webhooks.sender import Way

logger = logging.getLogger(__name__)

# Longer than asking can last, and what it takes to write the answer.
LEASE: Final = timedelta(seconds=60)
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
LOOK_AGAIN: Final = 0.05
EARLY: Final = timedelta(seconds=30)
DOUBT_LASTS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is, and the way to where it is asked for."""

    endpoint_id: uuid.UUID
    tenant_id: int
    client: Client
    way: Way | None = None
    egress_allow: str = ""

    @property
    def fingerprint(self) -> str:
        """Of what it is asked with; another one makes the stored token somebody else's."""
        parts = [getattr(self.client, name) for name in Client.__slots__]
        return salted_hmac("webhooks.token", orjson.dumps(parts), algorithm="sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Held:
    """A token as it was at one version."""

    access: str = field(repr=False)
    version: int
    obtained_at: datetime | None
    expires_at: datetime | None
    doubted_at: datetime | None

    @property
    def is_over(self) -> bool:
        """A little early, so that it does not run out on its way; less so for one that lives for seconds only."""
        if self.expires_at is None:
            return False
        life = self.expires_at - (self.obtained_at or self.expires_at)
        return self.expires_at - min(EARLY, life / 10) <= timezone.now()

    @property
    def may_renew(self) -> bool:
        """Whether a new token is worth asking for when the receiver refused this one."""
        return self.doubted_at is None or self.doubted_at < timezone.now() - DOUBT_LASTS


def obtain(account: Account, refused: int | None = None) -> Held:
    """A usable token, newer than the version that was refused. Waits while another worker asks; TokenTrouble without one.

    No transaction may be open, except in tests: what is written must be committed before it is used.
    """
    deadline = time.monotonic() + SECONDS
    fingerprint = account.fingerprint
    while True:
        row = _row(account)
        held = _held(row, fingerprint)
        if held is not None and held.version != refused and not held.is_over:
            return held
        lease = _claim(row, fingerprint)
        if lease is not None:
            return _ask(account, row, lease, fingerprint)
        if row.lease is None and row.asked_with == fingerprint:
            raise TokenTrouble(FAILED, f"waiting after {row.failures} failures in a row")
        if time.monotonic() >= deadline:
            raise TokenTrouble(FAILED, "another worker is still asking")
        time.sleep(LOOK_AGAIN)


def doubt(account: Account, held: Held) -> None:
    """The new token was refused like the former: it is not the token that is wrong."""
    with all_tenants():
        rows = EndpointToken.objects.filter(endpoint_id=account.endpoint_id, version=held.version)
        rows.update(doubted_at=timezone.now())


def _row(account: Account) -> EndpointToken:
    with all_tenants():
        rows = EndpointToken.objects.filter(endpoint_id=account.endpoint_id)
        found = rows.first()
        if found is None:
            new = EndpointToken(endpoint_id=account.endpoint_id, tenant_id=account.tenant_id)
            EndpointToken.objects.bulk_create([new], ignore_conflicts=True)
            found = rows.get()
        return found


def _held(row: EndpointToken, fingerprint: str) -> Held | None:
    if not row.access_token or row.asked_with != fingerprint:
        return None
    return Held(row.access_token, row.version, row.obtained_at, row.expires_at, row.doubted_at)


def _claim(row: EndpointToken, fingerprint: str) -> uuid.UUID | None:
    """The lease under which the caller asks; None while another has it, or during the pause after a failure."""
    now, lease = timezone.now(), uuid.uuid4()
    # When somebody corrected what it is asked with, the pause was not for this. The stored row says so, not ours: another
    # worker may have asked since we looked.
    corrected = Q(lease=None) & ~Q(asked_with=fingerprint)
    free = Q(lease_until=None) | Q(lease_until__lte=now) | corrected
    with all_tenants():
        rows = EndpointToken.objects.filter(free, pk=row.pk, version=row.version)
        return lease if rows.update(lease=lease, lease_until=now + LEASE) else None


def _ask(account: Account, row: EndpointToken, lease: uuid.UUID, fingerprint: str) -> Held:
    # A token's server may take its time, and a connection to the database is somebody else's meanwhile.
    close_old_connections()
    try:
        new = ask(account.client, account.way, account.egress_allow)
    except TokenTrouble:
        _pause(row, lease, fingerprint)
        raise
    now = timezone.now()
    _put(row, lease, new, fingerprint, now)
    return Held(new.access, row.version + 1, now, new.expires_at, None)


def _put(row: EndpointToken, lease: uuid.UUID, new: Granted, fingerprint: str, now: datetime) -> None:
    with all_tenants():
        rows = EndpointToken.objects.filter(pk=row.pk, lease=lease)
        is_kept = rows.update(
            access_token=new.access,
            asked_with=fingerprint,
            version=row.version + 1,
            obtained_at=now,
            expires_at=new.expires_at,
            lease=None,
            lease_until=None,
            failures=0,
            doubted_at=None,
        )
    if not is_kept:
        logger.warning("endpoint %s: its token came after its lease", row.endpoint_id)


def _pause(row: EndpointToken, lease: uuid.UUID, fingerprint: str) -> None:
    """Nobody asks again for a while, longer each time."""
    failures = row.failures if row.asked_with == fingerprint else 0
    pause = timedelta(seconds=min(FIRST_PAUSE * 2 ** min(failures, 10), LONGEST_PAUSE))
    with all_tenants():
        EndpointToken.objects.filter(pk=row.pk, lease=lease).update(
            lease=None,
            lease_until=timezone.now() + pause,
            access_token="",
            asked_with=fingerprint,
            failures=F("failures") + 1,
        )

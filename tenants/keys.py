"""Finds machines by what they present, from memory where it can.

A change is seen at once in the process that made it, and within ten seconds in every other one. Ends are checked on every
request by the caller (`MachineCredential.is_over`), so that a remembered credential does not outlive them.
"""

import time
from collections.abc import Callable
from copy import copy
from threading import Lock
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from oauth2_provider.models import get_access_token_model

from tenants.models import ApiKey, MachineCredential, OAuthApplication
from tenants.models.api_key import digest
from tenants.scopes import expand
from tenants.scoping import all_tenants

CACHED_SECONDS = 10.0
MOST_REMEMBERED = 10_000


class Memory:
    """What was found lately. `forget` wins over a look-up that began before it."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[float, MachineCredential]] = {}
        self._lock = Lock()
        self._generation = 0

    def get(self, name: str, find: Callable[[], MachineCredential | None]) -> MachineCredential | None:
        """The remembered credential, or what `find` finds; nothing is remembered of what is not found."""
        found = self.peek(name)
        if found is not None:
            return found
        generation = self._generation
        found = find()
        with self._lock:
            if found is not None and generation == self._generation:
                if len(self._found) >= MOST_REMEMBERED:
                    self._found.clear()
                self._found[name] = (time.monotonic(), found)
        return found

    def peek(self, name: str) -> MachineCredential | None:
        with self._lock:
            known = self._found.get(name)
        return known[1] if known and time.monotonic() - known[0] < CACHED_SECONDS else None

    def forget(self) -> None:
        with self._lock:
            self._generation += 1
            self._found.clear()


_memory = Memory()


def forget_keys() -> None:
    """Have changed credentials read again: now, and once more when the change is committed."""
    _memory.forget()
    if connection.in_atomic_block:
        transaction.on_commit(_memory.forget)


def is_remembered(presented: str) -> bool:
    """Whether this was presented and found lately; asks no database."""
    return _memory.peek(digest(presented)) is not None


def find_key(plain: str) -> ApiKey | None:
    """The key with its tenant, whatever its state; None for a key that is nobody's.

    The look-up compares digests in an index: how long it takes says nothing about the key itself.
    """
    hashed = digest(plain)

    def find() -> ApiKey | None:
        with all_tenants():
            rows = ApiKey.objects.select_related("tenant")
            key = rows.filter(Q(digest=hashed) | Q(previous_digest=hashed)).first()
        if key is not None and key.previous_digest == hashed:
            key.presented_until = key.previous_until
        return key

    found = _memory.get(hashed, find)
    assert found is None or isinstance(found, ApiKey)
    return found


def find_signer(key_id: UUID) -> ApiKey | None:
    """The key by the id that a signed request names."""

    def find() -> ApiKey | None:
        with all_tenants():
            return ApiKey.objects.select_related("tenant").filter(pk=key_id).first()

    found = _memory.get(f"id:{key_id}", find)
    assert found is None or isinstance(found, ApiKey)
    return found


def find_token(plain: str) -> OAuthApplication | None:
    """The application that the token was given to, with the token's scopes and end; None for nobody's token."""
    hashed = digest(plain)

    def find() -> OAuthApplication | None:
        with all_tenants():
            tokens = get_access_token_model().objects.select_related("application__tenant")
            token = tokens.filter(token_checksum=hashed).first()
        if token is None or token.application is None:
            return None
        application = copy(token.application)
        application.presented_until = token.expires
        # What was taken from the application since is taken from its tokens, too.
        application.scopes = sorted(set(expand(token.scope.split())) & set(expand(application.scopes)))
        return application

    found = _memory.get(hashed, find)
    assert found is None or isinstance(found, OAuthApplication)
    return found

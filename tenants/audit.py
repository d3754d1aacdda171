"""The audit trail: who changed what, when, from where, with secrets masked."""

import hashlib
import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest

from config.correlation import current_correlation
from config.masking import MASK, is_secret_name, masked
from tenants import bulk
from tenants.events import emit_many
from tenants.fields import Sealed
from tenants.models import AuditEntry, Tenant
from tenants.scoping import current_tenant_id, reaching
from tenants.storable import storable, storable_text
from tenants.trail.happenings import happenings

UNTOLD_FIELDS = frozenset({"created_at", "updated_at", "last_login", "last_used_at"})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, an API key, or the system itself."""

    name: str
    kind: str = "system"
    address: str | None = None
    user_agent: str = ""

    @classmethod
    def of_request(cls, request: HttpRequest | None, name: str, kind: str = "person") -> "Actor":
        """Whoever it is, from where the request came. Proxies that are trusted were resolved before."""
        headers = request.META if request is not None else {}
        return cls(name, kind, headers.get("REMOTE_ADDR") or None, headers.get("HTTP_USER_AGENT", ""))


SYSTEM = Actor("system")
_actor: ContextVar[Actor] = ContextVar("actor", default=SYSTEM)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Whatever is recorded inside was done by that actor."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def set_actor(actor: Actor) -> None:
    """For a request whose actor becomes known only on the way (an API key); the middleware resets it."""
    if not actor.user_agent:
        actor = replace(actor, user_agent=_actor.get().user_agent)
    _actor.set(actor)


def current_actor() -> Actor:
    return _actor.get()


class Hidden(str):
    """A masked secret that still differs from another one, so that the trail shows that it was changed."""

    _fingerprint: bytes

    @classmethod
    def of(cls, value: Any) -> "Hidden":
        hidden = cls(MASK)
        hidden._fingerprint = hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).digest()
        return hidden

    def __eq__(self, other: object) -> bool:
        return (
            self._fingerprint == other._fingerprint if isinstance(other, Hidden) else str.__eq__(self, other)
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def without_secrets(value: Any, name: str = "") -> Any:
    """A copy for people's eyes: values under telling names are masked, at any depth."""
    is_secret = bool(name) and is_secret_name(name)
    if isinstance(value, Mapping):
        # What is inside a secret is secret, too; its keys are shown, so that one sees which of them changed.
        return {key: without_secrets(inner, name if is_secret else str(key)) for key, inner in value.items()}
    if is_secret:
        return value if not value or isinstance(value, Hidden) else Hidden.of(value)
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return value


def snapshot(obj: models.Model, names: Iterable[str] | None = None) -> dict[str, Any]:
    """The object's plain field values, encrypted ones masked."""
    wanted = set(names) if names is not None else None
    found: dict[str, Any] = {}
    for field in obj._meta.concrete_fields:
        if field.name in UNTOLD_FIELDS or (wanted is not None and field.name not in wanted):
            continue
        value = field.value_from_object(obj)
        is_sealed = isinstance(field, Sealed)
        found[field.name] = (
            (Hidden.of(value) if value else value) if is_sealed else without_secrets(value, field.name)
        )
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs between two snapshots."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def record(
    action: str,
    obj: models.Model | None = None,
    *,
    tenant: Tenant | int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry in the caller's transaction, and the events that follow from it. The tenant is the given one, the object's, or the one in scope."""
    entry = _entry(action, obj, tenant, before, after)
    follows = happenings(entry, obj)
    with transaction.atomic() if follows else nullcontext():
        with reaching([entry.tenant_id]):
            entry.save(force_insert=True)
        emit_many(follows)
    return entry


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to one object, for `record_many`."""

    obj: models.Model
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def record_many(action: str, done: Sequence[Done]) -> None:
    """The same for many objects of one tenant, in the caller's transaction and a constant number of statements."""
    entries = [_entry(action, one.obj, None, one.before, one.after) for one in done]
    with reaching({entry.tenant_id for entry in entries}):
        bulk.create(entries)
    emit_many([
        event
        for entry, one in zip(entries, done, strict=True)
        for event in happenings(entry, one.obj)
    ])  # fmt: skip


def _entry(
    action: str,
    obj: models.Model | None,
    tenant: Tenant | int | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> AuditEntry:
    actor = current_actor()
    tenant_id = tenant.pk if isinstance(tenant, Tenant) else tenant
    if tenant_id is None:
        tenant_id = (
            obj.pk if isinstance(obj, Tenant) else getattr(obj, "tenant_id", None) or current_tenant_id()
        )
    return AuditEntry(
        tenant_id=tenant_id,
        action=action,
        actor=storable_text(actor.name)[:200],
        actor_kind=actor.kind,
        address=_address(actor.address),
        user_agent=masked(storable_text(actor.user_agent[:1000]))[:300],
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk)[:64] if obj is not None else "",
        object_name=storable_text(str(obj))[:200] if obj is not None else "",
        before=storable(without_secrets(before or {})),
        after=storable(without_secrets(after or {})),
        correlation_id=current_correlation(),
    )


def _address(text: str | None) -> str | None:
    """The address, unless a proxy or a socket file put something else there."""
    try:
        return str(ipaddress.ip_address(text.partition("%")[0])) if text else None
    except ValueError:
        return None

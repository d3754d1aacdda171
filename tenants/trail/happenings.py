"""Events that follow from what is audited: people who come, change and go, and what nobody ought to have done.

They are written in the transaction of the entry, for the company that the entry belongs to; what is done to a person
as such is told to every company that they work in.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _

from tenants.events import NewEvent
from tenants.models import AuditEntry, Member, User
from tenants.scoping import all_tenants

Tell = Callable[[AuditEntry, Any], Iterator[NewEvent]]


def happenings(entry: AuditEntry, obj: models.Model | None) -> list[NewEvent]:
    """None for most entries. `obj` is what the entry is about, as it was when that was written."""
    tell = _BY_ACTION.get(entry.action)
    return list(tell(entry, obj)) if tell else []


def _event(entry: AuditEntry, tenant_id: int, type_: str, data: dict[str, Any]) -> NewEvent:
    told = {name: value for name, value in data.items() if value not in (None, "", [])}
    key = f"{type_}:{entry.id}:{tenant_id}"
    return NewEvent(tenant_id, type_, told, key, entry.correlation_id, entry.created_at)


def _person(user: User, member: Member | None = None) -> dict[str, Any]:
    return {
        "user_id": str(user.pk),
        "name": user.get_full_name() or user.get_username(),
        "email": user.email,
        "role": member.role if member else "",
    }


def _memberships(user: User) -> list[Member]:
    with all_tenants():
        return list(Member.objects.filter(user=user).order_by("tenant_id"))


def _of_member(type_: str) -> Tell:
    """What is done to a membership."""

    def tell(entry: AuditEntry, obj: Member) -> Iterator[NewEvent]:
        data = _person(obj.user, obj) | {"changed": sorted(entry.after) if type_ == "user.updated" else []}
        yield _event(entry, obj.tenant_id, type_, data)

    return tell


def _of_user(type_: str, changed: str = "") -> Tell:
    """What is done to a person. Where the entry belongs to one company, the others have entries of their own."""

    def tell(entry: AuditEntry, obj: User) -> Iterator[NewEvent]:
        fields = [changed] if changed else sorted(entry.after)
        more = {"changed": fields if type_ == "user.updated" else []}
        for member in _memberships(obj):
            if entry.tenant_id in (None, member.tenant_id):
                yield _event(entry, member.tenant_id, type_, _person(obj, member) | more)

    return tell


def _signed_in(entry: AuditEntry, obj: User) -> Iterator[NewEvent]:
    for member in _memberships(obj):
        if entry.tenant_id == member.tenant_id:
            data = _person(obj, member) | {"address": entry.address}
            yield _event(entry, member.tenant_id, "user.login", data)


def _locked(entry: AuditEntry, obj: User | None) -> Iterator[NewEvent]:
    if entry.tenant_id is None or obj is None:
        return  # an address was shut out, or a person of no company: the operator's matter
    message = _("%(name)s was locked out after %(count)s failed attempts.")
    words = {"name": obj.get_username(), "count": entry.after.get("failures", "")}
    data = {"kind": "brute_force", "message": message % words, "severity": "warning", "user_id": str(obj.pk)}
    yield _event(entry, entry.tenant_id, "security.violation", data | {"address": entry.address})


def _credential_refused(entry: AuditEntry, obj: models.Model | None) -> Iterator[NewEvent]:
    if entry.tenant_id is None:
        return
    message = _("“%(name)s” was refused: %(reason)s.")
    words = {"name": entry.object_name, "reason": entry.after.get("reason", "")}
    data = {"kind": "credential_refused", "message": message % words, "severity": "warning"}
    yield _event(entry, entry.tenant_id, "security.violation", data | {"address": entry.address})


_BY_ACTION: Final[Mapping[str, Tell]] = {
    "session.started": _signed_in,
    "member.created": _of_member("user.registered"),
    "member.joined": _of_member("user.registered"),
    "member.updated": _of_member("user.updated"),
    "ownership.transferred": _of_member("user.updated"),
    "member.deleted": _of_member("user.deleted"),
    "user.updated": _of_user("user.updated"),
    "user.password_set": _of_user("user.updated", "password"),
    "two_factor.added": _of_user("user.updated", "two_factor"),
    "two_factor.removed": _of_user("user.updated", "two_factor"),
    "two_factor.reset": _of_user("user.updated", "two_factor"),
    "user.deleted": _of_user("user.deleted"),
    "signin.locked": _locked,
    "apikey.refused": _credential_refused,
    "oauthapplication.refused": _credential_refused,
}

"""Groups of records with a number or an address in common, kept as rows: found through the index of contact points."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final
from uuid import UUID

from django.utils import timezone

from integrations.models import ContactPoint, DuplicateGroup, DuplicateMember, Sameness
from integrations.records import RecordKind
from tenants import bulk

KINDS: Final = (RecordKind.CONTACT, RecordKind.COMPANY)
# A number that more records have belongs to a switchboard or is made up; it says nothing of who is who.
LARGEST: Final = 20
_VALUES_AT_ONCE: Final = 500

Reason = tuple[str, str]
"""Type and value of a contact point."""
Found = Mapping[Reason, Collection[UUID]]


def key_of(ids: Iterable[UUID]) -> str:
    return blake2b("".join(sorted(one.hex for one in ids)).encode(), digest_size=16).hexdigest()


def sameness_of(reasons: Iterable[Sequence[str]]) -> Sameness:
    types = {type_ for type_, _value in reasons}
    return Sameness.BOTH if len(types) > 1 else Sameness(types.pop())


def refresh(tenant_id: int, kind: RecordKind, record_ids: Collection[UUID]) -> None:
    """After these records changed: the groups in which they are, as they are now. A dismissed one stays dismissed."""
    groups = DuplicateGroup.objects.filter(kind=kind)
    named = DuplicateMember.objects.filter(record_id__in=list(record_ids))
    groups.filter(pk__in=named.values("group_id"), dismissed_at__isnull=True).delete()
    points = ContactPoint.objects.filter(record_id__in=list(record_ids), kind=kind)
    keep(tenant_id, kind, holders(kind, set(points.values_list("type", "value"))))


def holders(kind: RecordKind, reasons: Collection[Reason]) -> dict[Reason, list[UUID]]:
    """Who has these, where it is several and not too many."""
    found: dict[Reason, list[UUID]] = {}
    for type_ in sorted({one for one, _value in reasons}):
        values = sorted(value for own, value in reasons if own == type_)
        for start in range(0, len(values), _VALUES_AT_ONCE):
            rows = ContactPoint.objects.filter(
                type=type_, value__in=values[start : start + _VALUES_AT_ONCE], kind=kind
            )
            for value, record_id in rows.order_by("value", "record_id").values_list("value", "record_id"):
                found.setdefault((type_, value), []).append(record_id)
    return {reason: ids for reason, ids in found.items() if 1 < len(ids) <= LARGEST}


def keep(tenant_id: int, kind: RecordKind, found: Found) -> int:
    """How many of these groups are new."""
    members: dict[str, Collection[UUID]] = {}
    reasons: dict[str, list[Reason]] = {}
    for reason, ids in found.items():
        key = key_of(ids)
        members[key] = ids
        reasons.setdefault(key, []).append(reason)
    known = {
        one.key: one for one in DuplicateGroup.objects.filter(tenant_id=tenant_id, kind=kind, key__in=members)
    }
    now = timezone.now()
    fresh = []
    for key, several in reasons.items():
        group = known.get(key)
        if group is None:
            group = DuplicateGroup(tenant_id=tenant_id, kind=kind, key=key, size=len(members[key]))
            fresh.append(group)
        group.reasons = _together(group.reasons, several)
        group.sameness, group.seen_at = sameness_of(group.reasons), now
    bulk.change(list(known.values()), ["reasons", "sameness", "seen_at"])
    stored = bulk.create(fresh)
    bulk.create([
        DuplicateMember(tenant_id=tenant_id, group_id=group.pk, record_id=one)
        for group in fresh
        if group.pk in stored
        for one in members[group.key]
    ])  # fmt: skip
    return len(stored)


def _together(known: Sequence[Sequence[str]], new: Iterable[Reason]) -> list[list[str]]:
    return [list(one) for one in sorted({*((one[0], one[1]) for one in known), *new})]

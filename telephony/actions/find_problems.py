"""Finds what keeps calls from reaching the right person in the CRM, and keeps the list of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from config.ids import uuid7_at
from integrations import live
from integrations.capabilities import CallNotifications
from integrations.connectors import with_capability as connectors_with
from integrations.models import ExtensionAssignment, MappingProblem, OutsideUser
from telephony.lines import line_name
from telephony.models import (
    AssignmentProblem,
    AssignmentTrouble,
    Call,
    CallDirection,
    CallParticipant,
    Line,
    LineHearer,
)
from tenants import bulk
from tenants.models import Extension, Tenant
from tenants.scoping import tenant_scope

LOOK_BACK: Final = timedelta(days=7)
MOST_CALLS: Final = 3_000
MOST_USERS: Final = 1_000
EXTERNAL: Final = (CallDirection.IN, CallDirection.OUT)
OF_LINES: Final = (AssignmentTrouble.LINE_NOT_LISTED, AssignmentTrouble.LINE_NOT_DESCRIBED)

Key = tuple[str, UUID | None, str]
"""Trouble, integration, who."""


@dataclass(frozen=True, slots=True)
class Found:
    name: str = ""
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Crm:
    """One integration that can be told of calls: who has which extension, who has none, what it does not know."""

    id: UUID
    name: str
    is_enabled: bool
    users: Mapping[str, str] = field(default_factory=dict)
    without_extension: Mapping[str, str] = field(default_factory=dict)
    not_known: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class Latest:
    """Of the latest calls: in how many each extension had a part, and by which lines they came."""

    rang: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


def unknown_lines(came: Mapping[str, int], listed: Mapping[str, bool]) -> dict[Key, Found]:
    """Pure: lines that calls came by and that are not in the list, or of which it says nothing."""
    found: dict[Key, Found] = {}
    for line, calls in came.items():
        if line not in listed:
            found[AssignmentTrouble.LINE_NOT_LISTED.value, None, line] = Found(calls=calls)
        elif not listed[line]:
            found[AssignmentTrouble.LINE_NOT_DESCRIBED.value, None, line] = Found(calls=calls)
    return found


def problems(rang: Mapping[str, int], listed: Iterable[str], crms: Iterable[Crm]) -> dict[Key, Found]:
    """Pure: from the extensions that rang (with the number of calls), those of the company's list, and the CRMs."""
    found: dict[Key, Found] = {}
    crms, known = list(crms), set(listed)
    if rang and not crms:
        found[AssignmentTrouble.NO_CRM.value, None, ""] = Found(calls=sum(rang.values()))
    for extension, calls in rang.items():
        if extension not in known:
            found[AssignmentTrouble.NOT_LISTED.value, None, extension] = Found(calls=calls)
    for crm in crms:
        if not crm.is_enabled:
            found[AssignmentTrouble.SWITCHED_OFF.value, crm.id, ""] = Found(crm.name)
            continue
        for extension, calls in rang.items():
            if extension not in crm.users:
                found[AssignmentTrouble.NOBODYS.value, crm.id, extension] = Found(calls=calls)
        for user, name in crm.without_extension.items():
            found[AssignmentTrouble.NO_EXTENSION.value, crm.id, user] = Found(name)
        for value in crm.not_known:
            found[AssignmentTrouble.NOT_KNOWN_THERE.value, crm.id, value] = Found(calls=rang.get(value, 0))
    return found


def refresh_problems(tenant_id: int) -> int:
    """Look again; how many there are. Rows of what has been there stay as they are."""
    with tenant_scope(tenant_id), transaction.atomic():
        names = dict(Extension.objects.values_list("number", "name"))
        latest = _latest(Tenant.objects.only("phone_region").get(pk=tenant_id).phone_region)
        found = problems(latest.rang, names, _crms(tenant_id)) | unknown_lines(latest.lines, _lines())
        _store(tenant_id, found, names)
        return len(found)


def _latest(region: str) -> Latest:
    """Of the latest calls of a week."""
    calls = Call.objects.filter(
        id__gte=uuid7_at(timezone.now() - LOOK_BACK), direction__in=EXTERNAL, merged_into__isnull=True
    )
    newest = list(calls.order_by("-id").values_list("id", "did", "trunk")[:MOST_CALLS])
    parts = CallParticipant.objects.filter(call_id__in=[call_id for call_id, _did, _trunk in newest])
    said = Counter((did, trunk) for _call_id, did, trunk in newest)
    lines: Counter[str] = Counter()
    for (did, trunk), calls_there in said.items():
        if name := line_name(did, trunk, region):
            lines[name] += calls_there
    return Latest(Counter(parts.values_list("extension", flat=True)), lines)


def _lines() -> Mapping[str, bool]:
    """The company's lines, and whether anybody has entered anything about them."""
    heard = LineHearer.objects.filter(line=OuterRef("pk"))
    rows: Any = Line.objects.annotate(has_hearers=Exists(heard)).values_list(
        "number", "name", "extension", "hours_id", "has_hearers", "is_enabled"
    )
    return {number: any(told) or not is_enabled for number, *told, is_enabled in rows}


def _crms(tenant_id: int) -> list[Crm]:
    codes = connectors_with(CallNotifications)
    return [_crm(one) for one in live.of_tenant(tenant_id) if one.connector in codes]


def _crm(one: live.Live) -> Crm:
    if not one.is_enabled:
        return Crm(one.id, one.name, is_enabled=False)
    assigned = ExtensionAssignment.objects.filter(integration_id=one.id, valid_to__isnull=True)
    users = dict(assigned.values_list("extension", "outside_user_id"))
    without = OutsideUser.objects.filter(integration_id=one.id, is_active=True).exclude(
        outside_id__in=list(users.values())
    )
    unknown = MappingProblem.objects.filter(integration_id=one.id, resolved_at__isnull=True)
    return Crm(
        one.id,
        one.name,
        is_enabled=True,
        users=users,
        without_extension=dict(without.order_by("name").values_list("outside_id", "name")[:MOST_USERS]),
        not_known=list(unknown.values_list("value", flat=True)[:MOST_USERS]),
    )


def _store(tenant_id: int, found: Mapping[Key, Found], names: Mapping[str, str]) -> None:
    there: dict[Key, AssignmentProblem] = {
        (row.trouble, row.integration_id, row.subject): row for row in AssignmentProblem.objects.all()
    }
    gone = [row.pk for key, row in there.items() if key not in found]
    if gone:
        AssignmentProblem.objects.filter(pk__in=gone).delete()
    changed, fresh = [], []
    for (trouble, integration_id, subject), one in found.items():
        name = one.name or ("" if trouble in OF_LINES else names.get(subject, ""))
        row = there.get((trouble, integration_id, subject))
        if row is None:
            fresh.append(
                AssignmentProblem(
                    tenant_id=tenant_id, trouble=trouble, integration_id=integration_id,
                    subject=subject[:100], name=name[:300], calls=one.calls,
                )
            )  # fmt: skip
        elif (row.name, row.calls) != (name, one.calls):
            row.name, row.calls = name, one.calls
            changed.append(row)
    bulk.create(fresh)
    bulk.change(sorted(changed, key=lambda row: row.pk), ["name", "calls"])

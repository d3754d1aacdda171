"""The settings of one kind, typed: what the form said, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Changes, KindSupport
from integrations.records import RecordKind

ID = "{id}"
KEY = "{key}"
MOST_KINDS = 20
MOST_PER_PAGE = 500
KINDS = tuple(kind for kind in RecordKind if kind not in (RecordKind.CONVERSATION, RecordKind.MESSAGE))


class Scheme(StrEnum):
    """How the key is sent."""

    NONE = "none"
    BEARER = "bearer"
    HEADER = "header"
    QUERY = "query"
    BASIC = "basic"
    OAUTH2 = "oauth2"

    @property
    def label(self) -> Promise:
        return _SCHEMES[self]


_SCHEMES: dict[Scheme, Promise] = {
    Scheme.NONE: _("no key"),
    Scheme.BEARER: _("Authorization: Bearer …"),
    Scheme.HEADER: _("in a header of its own"),
    Scheme.QUERY: _("in the query"),
    Scheme.BASIC: _("user name and password (Basic)"),
    Scheme.OAUTH2: _("token for a client id and secret (OAuth2)"),
}


class Paging(StrEnum):
    """How the page after this one is asked for."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"
    NEXT_URL = "next_url"

    @property
    def label(self) -> Promise:
        return _PAGINGS[self]


_PAGINGS: dict[Paging, Promise] = {
    Paging.NONE: _("everything at once"),
    Paging.PAGE: _("number of the page"),
    Paging.OFFSET: _("offset"),
    Paging.CURSOR: _("cursor in the answer"),
    Paging.LINK: _("Link header"),
    Paging.NEXT_URL: _("address of the next page in the answer"),
}

NEEDS_PARAMETER = (Paging.PAGE, Paging.OFFSET, Paging.CURSOR)
NEEDS_NEXT = (Paging.CURSOR, Paging.NEXT_URL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One kind of objects of one system; columns.py says what each value is."""

    kind: RecordKind
    list_path: str
    list_method: str = "GET"
    items: str = ""
    id_field: str = "id"
    paging: Paging = Paging.NONE
    page_parameter: str = ""
    first_page: int = 1
    size_parameter: str = ""
    page_size: int = 100
    next_field: str = ""
    more_field: str = ""
    delta_field: str = ""
    query: str = ""
    object_query: str = ""
    total_field: str = ""
    updated_field: str = ""
    time_format: str = "iso"
    since_parameter: str = ""
    since_value: str = "{since}"
    object_path: str = ""
    object_in: str = ""
    create_path: str = ""
    find_path: str = ""
    key_field: str = ""
    update_path: str = ""
    update_method: str = "PATCH"
    body_in: str = ""
    create_query: str = ""
    create_in: str = ""
    update_query: str = ""
    update_in: str = ""
    id_variable: str = "id"
    refusals: str = "userErrors"
    find_query: str = ""
    is_deletable: bool = False

    @property
    def support(self) -> KindSupport:
        return KindSupport(
            is_writable=self.can_create or self.can_change,
            is_deletable=self.is_deletable,
            changes=self._changes,
            names_deleted=bool(self.delta_field),
            finds_by_key=bool(self.find_path or self.find_query),
        )

    @property
    def can_create(self) -> bool:
        return bool(self.create_path or self.create_query)

    @property
    def can_change(self) -> bool:
        return bool(self.update_path or self.update_query)

    @property
    def _changes(self) -> Changes:
        if self.delta_field:
            return Changes.CURSOR
        return Changes.WATERMARK if self.since_parameter else Changes.NONE


def plan_of(row: Mapping[str, Any]) -> Plan:
    """The plan of a stored row."""
    known = {field.name for field in fields(Plan)}
    values = {name: value for name, value in row.items() if name in known}
    values |= {"kind": RecordKind(row["kind"]), "paging": Paging(row.get("paging", Paging.NONE))}
    return Plan(**values)


def plans(settings: Mapping[str, Any]) -> dict[RecordKind, Plan]:
    """The kinds that these settings describe."""
    found = [plan_of(row) for row in settings.get("kinds", ())]
    return {plan.kind: plan for plan in found}


def check_kinds(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """What one column cannot tell: values that belong together, and no kind twice."""
    mistakes: list[str] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        plan = plan_of(row)
        wrong = list(_wrong(plan))
        if plan.kind in seen:
            wrong.append(_("This kind is there already."))
        seen.add(plan.kind)
        mistakes += [str(_("Row %(number)d, %(text)s") % {"number": number, "text": text}) for text in wrong]
    if mistakes:
        raise ValidationError(mistakes)
    return rows


def _wrong(plan: Plan) -> list[Any]:
    checks = (
        (
            plan.paging in NEEDS_PARAMETER and not plan.page_parameter,
            _("This paging needs the parameter of the page, offset or cursor."),
        ),
        (
            plan.paging in NEEDS_NEXT and not plan.next_field,
            _("This paging needs to know where the next cursor or address is in the answer."),
        ),
        (
            plan.paging in (Paging.LINK, Paging.NEXT_URL) and plan.list_method == "POST",
            _("Addresses of next pages can only be read with GET."),
        ),
        (
            bool(plan.query) and plan.paging in (Paging.LINK, Paging.NEXT_URL),
            _("GraphQL is paged by a cursor, an offset or a number."),
        ),
        (bool(plan.object_query) and not plan.query, _("The query of one object needs that of the list.")),
        (
            bool(plan.create_query or plan.update_query or plan.find_query) and not plan.query,
            _("GraphQL mutations go where the query of the list goes: enter that, too."),
        ),
        (
            bool(plan.create_query and plan.create_path) or bool(plan.update_query and plan.update_path),
            _("Objects are created and changed either by a path or by a mutation."),
        ),
        (
            bool(plan.create_query) and not plan.create_in,
            _("The mutation to create needs to know where the object is in its answer."),
        ),
        (
            bool(plan.find_query and plan.find_path),
            _("What was created is found either by a path or by a query."),
        ),
        (
            bool(plan.delta_field) and plan.paging is not Paging.NEXT_URL,
            _("The address of later changes needs the paging by addresses in the answer."),
        ),
        (
            bool(plan.delta_field) and bool(plan.since_parameter),
            _("Changes are asked for either by a time or by the address of later changes."),
        ),
        (
            bool(plan.find_path or plan.find_query) != bool(plan.key_field),
            _("Finding what was created needs both the path or query and the field with our key."),
        ),
        (plan.is_deletable and not plan.object_path, _("Deleting needs the path of one object.")),
    )
    return [text for is_wrong, text in checks if is_wrong]

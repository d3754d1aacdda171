"""What is asked for is checked to the last field, and filters mean what they say."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from exports.filters import TextFilter
from exports.filters.base import FilterError
from exports.reader import Reader
from exports.request import ExportRequest, InvalidRequest
from exports.tests.datasets import AUDIT, MEMBERS
from exports.tests.support import make_entries
from tenants.models import AuditEntry, Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant

MINSK = ZoneInfo("Europe/Minsk")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"dataset": "nothing"}, "dataset"),
        ({"format": "doc"}, "format"),
        ({"columns": ["actor", "secret"]}, "columns"),
        ({"columns": ["actor", "actor"]}, "columns"),
        ({"options": {"delimiter": "|"}}, "options.delimiter"),
        ({"options": {"colour": "red"}}, "options.colour"),
        ({"filters": {"colour": "red"}}, "filters.colour"),
        ({"filters": {"kind": "robot"}}, "filters.kind"),
        ({"filters": {"kind": []}}, "filters.kind"),
        ({"filters": {"kind": {"a": 1}}}, "filters.kind"),
        ({"filters": {"actor": "a\x00"}}, "filters.actor"),
        ({"filters": {"actor": "a\ud800"}}, "filters.actor"),
        ({"filters": {"actor": "a" * 501}}, "filters.actor"),
        ({"filters": {"actor": 5}}, "filters.actor"),
        ({"filters": {"created_at": "2026-01-01"}}, "filters.created_at"),
        ({"filters": {"created_at": {}}}, "filters.created_at"),
        ({"filters": {"created_at": {"from": "yesterday"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"from": "2026-02-30"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"to": "9999-12-31"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"from": "0001-01-01T00:00:00+03:00"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"from": "2026-02-01", "to": "2026-01-01"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"since": "2026-02-01"}}}, "filters.created_at"),
        ({"filters": {"created_at": {"from": 2026}}}, "filters.created_at"),
        ({"filters": {"ids": ["x"]}}, "filters.ids"),
        ({"filters": {"ids": [True]}}, "filters.ids"),
        ({"filters": {"ids": ["1"] * 10_001}}, "filters.ids"),
        ({"filters": {"search": "  "}}, "filters.search"),
        ({"filters": {"search": "a " * 11}}, "filters.search"),
    ],
)
def test_an_impossible_request_names_its_field(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        ExportRequest(**{"dataset": "audit", "format": "csv", **wrong}).check(MINSK)

    assert refused.value.field == field
    assert refused.value.message


def test_without_columns_the_default_ones_are_meant() -> None:
    assert ExportRequest("audit", "csv").check(MINSK).columns == (
        "created_at",
        "actor",
        "actor_kind",
        "address",
        "after",
        "what",
    )
    assert ExportRequest("audit", "csv", ["id", "actor"]).check(MINSK).columns == ("id", "actor")


def names(tenant: Tenant, **filters: Any) -> list[str]:
    with tenant_scope(tenant):
        rows = [row for block in Reader(AUDIT, ["what"], filters, MINSK).blocks(size=2) for row in block]
    return [row[0].removeprefix("thing.done ") for row in rows]


def test_filters_select(tenant: Tenant) -> None:
    anna, robot = (
        make_entries(tenant, 1, object_name="Anna's door"),
        make_entries(tenant, 1, object_name="gate", actor="robot 7", actor_kind="key"),
    )

    assert names(tenant) == ["Anna's door", "gate"]
    assert names(tenant, kind="key") == ["gate"]
    assert names(tenant, kind=["key", "person"]) == ["Anna's door", "gate"]
    assert names(tenant, actor="anna") == ["Anna's door"]
    assert names(tenant, object="DOOR") == ["Anna's door"]
    assert names(tenant, search="robot gate") == ["gate"]
    assert names(tenant, search="robot door") == []
    assert names(tenant, ids=[str(anna[0].pk)]) == ["Anna's door"]
    assert names(tenant, ids=str(robot[0].pk)) == ["gate"]


def test_a_date_is_the_whole_day_in_the_tenants_zone(tenant: Tenant) -> None:
    moments = {
        "before": datetime(2026, 1, 30, 20, 59, 59, tzinfo=UTC),
        "first": datetime(2026, 1, 30, 21, 0, tzinfo=UTC),
        "last": datetime(2026, 1, 31, 20, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 1, 31, 21, 0, tzinfo=UTC),
    }
    for name, moment in moments.items():
        make_entries(tenant, 1, object_name=name, created_at=moment)

    assert names(tenant, created_at={"from": "2026-01-31", "to": "2026-01-31"}) == ["first", "last"]
    assert names(tenant, created_at={"from": "2026-01-31T00:00:01", "to": "2026-01-31T21:00:00Z"}) == ["last"]
    assert names(tenant, created_at={"to": "2026-01-30"}) == ["before"]


def test_booleans_and_relations(tenant: Tenant) -> None:
    extension = make_extension(tenant, "150")
    member = make_member(tenant, extension=extension)
    other = make_member(tenant)

    def logins(**filters: Any) -> list[str]:
        with tenant_scope(tenant):
            return [row[0] for block in Reader(MEMBERS, ["user"], filters, MINSK).blocks() for row in block]

    assert logins(extension=str(extension.pk)) == [member.user.username]
    assert logins(is_active=True) == [member.user.username, other.user.username]
    assert logins(is_active=False) == []
    with pytest.raises(InvalidRequest):
        ExportRequest("members", "csv", filters={"is_active": "yes"}).check(MINSK)


def test_another_tenants_rows_are_never_read_not_even_by_id(tenant: Tenant) -> None:
    (foreign,) = make_entries(make_tenant(), 1)

    assert names(tenant, ids=str(foreign.pk)) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"actor_kind__exact": ["key"]}, {"kind": ["key"]}),
        ({"actor_kind__in": ["key,person"]}, {"kind": ["key", "person"]}),
        ({"created_at__gte": ["2026-01-01 00:00:00+03:00"]}, {"created_at": {"from": "2026-01-01 00:00:00+03:00"}}),
        ({"created_at_from": ["2026-01-01"], "created_at_to": ["2026-01-02"]},
         {"created_at": {"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00"}}),
        ({"created_at_from_0": ["2026-01-01"], "created_at_from_1": ["10:30:00"]},
         {"created_at": {"from": "2026-01-01T10:30:00"}}),
        ({"created_at_from_0": ["2026-01-01"], "created_at_to_0": ["2026-01-31"]},
         {"created_at": {"from": "2026-01-01", "to": "2026-01-31"}}),
        ({"created_at_to_0": ["31.02.2026"]}, {}),
        ({"created_at_from": ["gibberish"]}, {}),
        ({"q": ["two words"]}, {"search": "two words"}),
        ({"object_name__icontains": ["x"]}, {"object": "x"}),
        ({"unknown": ["x"]}, {}),
    ],
)  # fmt: skip
def test_a_lists_query_string_is_understood(query: dict[str, list[str]], expected: dict[str, Any]) -> None:
    found = {name: item.from_list(query) for name, item in AUDIT.filters_by_name.items()}

    assert {name: item.value for name, item in found.items() if item} == expected


def test_a_lists_days_are_read_as_the_person_writes_them() -> None:
    query = {
        "created_at_from_0": ["05.01.2026"],
        "created_at_to_0": ["20.02.2026"],
        "created_at_to_1": ["18:30"],
    }

    with override("ru"):
        found = AUDIT.filters_by_name["created_at"].from_list(query)

    assert found is not None
    assert found.value == {"from": "2026-01-05", "to": "2026-02-20T18:30:00"}
    assert found.names == set(query)


def test_a_text_that_is_no_value_of_its_field_is_refused() -> None:
    with pytest.raises(FilterError, match="address"):
        TextFilter("address", "From").bind(AuditEntry).q("next door", MINSK)

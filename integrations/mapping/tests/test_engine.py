"""Rules on whole records: what comes in, what goes out, and that no value loses a record."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.capabilities import Change
from integrations.mapping.checking import check_rules
from integrations.mapping.engine import apply_in, apply_out
from integrations.mapping.ours import our_fields
from integrations.mapping.rules import Rule, Way, from_json, to_json
from integrations.mapping.transforms import TRANSFORMS
from integrations.mapping.values import Context
from integrations.records import CLASSES, Contact, Deal, Money, Order, OrderStatus, RecordKind, StockLevel

CONTEXT = Context(region="BY")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


def rules(kind, *rows):
    return check_rules(kind, list(rows))


def mapped(record, *rows):
    return apply_in(record, rules(record.kind, *rows), CONTEXT)


def test_fields_of_all_types_come_in():
    raw = {
        "sum": "12.50",
        "paid": "true",
        "state": "S1",
        "at": "2026-06-10T14:03:00+03:00",
        "tel": "8 029 123-45-70",
        "bonus": {"n": 5},
        "goods": [{"name": "Tea", "quantity": 2}],
    }
    found = mapped(
        Order(outside_id="1", total=Money(Decimal(1), "BYN"), custom={"kept": 1}, raw=raw),
        {"theirs": "sum", "ours": "total"},
        {"theirs": "paid", "ours": "is_paid"},
        {
            "theirs": "state",
            "ours": "status",
            "transform": "lookup",
            "parameters": {"table": [{"theirs": "S1", "ours": "shipped"}]},
        },
        {"theirs": "at", "ours": "placed_at"},
        {"theirs": "tel", "ours": "phone"},
        {"theirs": "bonus.n", "ours": "custom.bonus"},
        {"theirs": "goods", "ours": "lines", "transform": "order_lines"},
        {"theirs": "missing", "ours": "comment", "default": "web"},
    )

    assert found.problems == ()
    order = found.record
    assert order.total == Money(Decimal("12.50"), "BYN")
    assert (order.is_paid, order.status, order.phone) == (True, OrderStatus.SHIPPED, "+375291234570")
    assert order.placed_at == datetime(2026, 6, 10, 11, 3, tzinfo=UTC)
    assert order.custom == {"kept": 1, "bonus": 5}
    assert [line.name for line in order.lines] == ["Tea"]
    assert order.comment == "web"
    assert order.outside_id == "1"


def test_several_rules_fill_one_list_and_empty_ones_leave_what_the_connector_found():
    raw = {"mobile": "80291234570", "work": "80291234571", "again": "375291234570", "name": ""}

    found = mapped(
        Contact(outside_id="1", name="Anna", raw=raw),
        {"theirs": "mobile", "ours": "phones"},
        {"theirs": "work", "ours": "phones"},
        {"theirs": "again", "ours": "phones"},
        {"theirs": "name", "ours": "name"},
    )

    assert found.record.phones == ("+375291234570", "+375291234571")
    assert found.record.name == "Anna"


def test_value_that_does_not_fit_is_a_problem_of_its_field_alone():
    raw = {"sum": "a lot", "title": "Roof", "phase": "stuck"}

    found = mapped(
        Deal(outside_id="1", total=Money(Decimal(5)), raw=raw),
        {"theirs": "sum", "ours": "total"},
        {"theirs": "phase", "ours": "phase"},
        {"theirs": "title", "ours": "title"},
    )

    assert [(one.row, one.theirs, one.ours, one.value) for one in found.problems] == [
        (1, "sum", "total", "a lot"),
        (2, "phase", "phase", "stuck"),
    ]
    assert "open, won, lost" in str(found.problems[1].text)
    assert (found.record.total, found.record.title) == (Money(Decimal(5)), "Roof")


OUTWARD = (
    {"theirs": "FIO", "ours": "name", "direction": "both", "transform": "upper"},
    {"theirs": "PHONE", "ours": "phones", "direction": "out", "transform": "first"},
    {"theirs": "UF_1", "ours": "custom.card", "direction": "both"},
    {"theirs": "SOURCE", "direction": "out", "transform": "constant", "parameters": {"value": "hub"}},
    {"theirs": "inward", "ours": "comment"},
)


def test_new_object_goes_out_with_what_it_has():
    record = Contact(name="Anna", phones=("+375291234570", "+375291234571"))

    found = apply_out(Change(record=record, key="k"), rules(RecordKind.CONTACT, *OUTWARD), CONTEXT)

    assert found.change.extra == {"FIO": "ANNA", "PHONE": "+375291234570", "SOURCE": "hub"}
    assert found.problems == ()


def test_change_sends_only_the_fields_that_changed_and_says_when_they_were_emptied():
    record = Contact(outside_id="5", name="", custom={"card": Decimal("7.5")})
    own = rules(RecordKind.CONTACT, *OUTWARD)

    some = Change(record=record, key="k", fields=frozenset({"name", "custom"}), extra={"UF_1": "mine"})
    found = apply_out(some, own, CONTEXT)

    assert found.change.extra == {"FIO": "", "UF_1": "mine", "SOURCE": "hub"}


def test_types_go_out_as_json():
    record = Order(total=Money(Decimal("10.10"), "BYN"), placed_at=datetime(2026, 6, 10, tzinfo=UTC))
    own = rules(
        RecordKind.ORDER,
        {"theirs": "sum", "ours": "total", "direction": "out"},
        {"theirs": "at", "ours": "placed_at", "direction": "out"},
        {"theirs": "state", "ours": "status", "direction": "out"},
    )

    extra = apply_out(Change(record=record, key="k"), own, CONTEXT).change.extra

    assert extra == {"sum": 10.1, "at": "2026-06-10T00:00:00Z", "state": "unknown"}


@pytest.mark.parametrize(
    ("rows", "mistakes"),
    [
        ("text", {"rules"}),
        ([7], {"rules.0"}),
        ([{"theirs": "a", "ours": "name", "colour": "red"}], {"rules.0.colour"}),
        ([{"theirs": "a", "ours": "nothing"}], {"rules.0.ours"}),
        ([{"theirs": "a", "ours": "updated_at"}], {"rules.0.ours"}),
        ([{"theirs": "a", "ours": "custom.<b>"}], {"rules.0.ours"}),
        ([{"theirs": "a\x00", "ours": ["name"]}], {"rules.0.theirs", "rules.0.ours"}),
        ([{"theirs": "", "ours": "name"}], {"rules.0.theirs"}),
        ([{"theirs": "a", "ours": "name", "direction": "up"}], {"rules.0.direction"}),
        ([{"theirs": "a", "ours": "name", "transform": "eval"}], {"rules.0.transform"}),
        ([{"theirs": "a", "ours": "name", "transform": {}}], {"rules.0.transform"}),
        ([{"theirs": "a", "ours": "name", "direction": "both", "transform": "split"}], {"rules.0.direction"}),
        ([{"theirs": "a", "ours": "name", "transform": "lookup"}], {"rules.0.parameters.table"}),
        ([{"theirs": "a", "ours": "name", "parameters": {"x": 1}}], {"rules.0.parameters.x"}),
        ([{"theirs": "a", "ours": "name", "parameters": 5}], {"rules.0.parameters"}),
        ([{"theirs": "a", "ours": "created_at", "default": "soon"}], {"rules.0.default"}),
        ([{"theirs": "a", "ours": "name"}, {"theirs": "b", "ours": "name"}], {"rules.1.ours"}),
        (
            [
                {"theirs": "a", "ours": "name", "direction": "out"},
                {"theirs": "a", "ours": "comment", "direction": "out"},
            ],
            {"rules.1.theirs"},
        ),
        ([{"theirs": "a", "ours": f"custom.{n}"} for n in range(201)], {"rules"}),
    ],
)
def test_mistakes_name_their_row_and_field(rows, mistakes):
    with pytest.raises(ValidationError) as raised:
        check_rules(RecordKind.CONTACT, rows)

    assert set(raised.value.message_dict) == mistakes


def test_rules_are_stored_and_read_back():
    own = rules(RecordKind.CONTACT, *OUTWARD)

    assert tuple(from_json(json.loads(json.dumps(to_json(rule)))) for rule in own) == own


@settings(max_examples=50)
@given(JSON)
def test_any_json_is_checked_without_another_error(rows):
    for value in (rows, [rows], [{"theirs": rows, "ours": rows, "transform": rows, "parameters": rows}]):
        with suppress(ValidationError):
            check_rules(RecordKind.ORDER, value)


PARAMETERS: dict[str, dict[str, Any]] = {
    "split": {"part": 1, "separator": "comma"},
    "lookup": {"table": ({"theirs": "a", "ours": "b"},)},
    "constant": {"value": "c"},
    "each": {"field": "x"},
    "minor_units": {"digits": 2},
    "date": {"format": "d.m.Y"},
    "yes_no": {"yes": "y", "no": "n"},
    "order_lines": {"name": "x", "quantity": "y"},
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@settings(max_examples=25)
@given(value=JSON)
def test_no_value_raises_or_loses_the_record(transform, value):
    for kind in (RecordKind.CONTACT, RecordKind.ORDER, RecordKind.PRODUCT, RecordKind.DOCUMENT):
        record = CLASSES[kind](outside_id="1", raw={"f": value, "x": value})
        every = [*our_fields(kind), "custom.own"]
        own = tuple(
            Rule(theirs="f", ours=name, transform=transform, parameters=PARAMETERS.get(transform, {}))
            for name in every
        )

        found = apply_in(record, own, CONTEXT)

        assert found.record.outside_id == "1"
        assert len(found.problems) <= len(every)
        json.dumps(found.record.custom, allow_nan=False)
        back = tuple(
            Rule(
                theirs=name,
                ours=name,
                way=Way.OUT,
                transform=transform,
                parameters=PARAMETERS.get(transform, {}),
            )
            for name in every
        )
        json.dumps(
            dict(apply_out(Change(record=found.record, key="k"), back, CONTEXT).change.extra), allow_nan=False
        )


@given(JSON)
def test_mapping_what_was_mapped_changes_nothing(value):
    record = StockLevel(outside_id="1", product_id="", raw={"f": value})
    own = tuple(Rule(theirs="f", ours=name) for name in our_fields(RecordKind.STOCK))

    once = apply_in(record, own, CONTEXT)

    assert apply_in(once.record, own, CONTEXT) == once

"""amoCRM's fields, by fixtures named `<event>__<case>.json`, and what must hold for any input."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.capabilities import CallOutcome, Change, Direction, OutsideUser
from integrations.connectors.amocrm import bodies, entities, mapping, refusals
from integrations.connectors.amocrm.entities import Stage, Surroundings, Unreadable
from integrations.records import Company, Contact, Deal, DealPhase, Money, RecordKind
from integrations.tests.factories import finished, ringing
from tenants.errors import RemoteRejected

FIXTURES = Path(__file__).parent.parent / "fixtures"
AROUND = Surroundings(
    "https://example.amocrm.ru",
    "RUB",
    {"700:142": Stage("Won", "Sales"), "700:7000": Stage("New", "Sales", True)},
)
CLIENT = "+375291234567"
USERS = {"150": "501", "151": "502"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def call(**values):
    return finished(**({"phone": CLIENT, "users": USERS} | values))


SENT = {
    "call__answered_with_recording": lambda: mapping.call_note(
        call(recording_url="https://hub.example/rec/AbC.mp3"), "Switchboard"
    ),
    "call__missed_by_nobody_assigned": lambda: mapping.call_note(
        call(outcome=CallOutcome.MISSED, talk_seconds=0, extensions=("152",)), "Switchboard"
    ),
    "call__outbound_busy": lambda: mapping.call_note(
        call(direction=Direction.OUT, outcome=CallOutcome.BUSY, talk_seconds=0), "Switchboard"
    ),
    "unsorted__missed": lambda: mapping.unsorted_call(
        call(outcome=CallOutcome.MISSED, talk_seconds=0), "Switchboard", "700"
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    assert SENT[name]() == fixture(name)


def test_number_that_nobody_has_is_told_from_other_errors():
    refused = fixture("call__unknown_number_refused")

    assert refusals.is_unknown_entity(refused)
    assert not refusals.is_unknown_entity({"errors": [*refused["errors"], {"title": "Something else"}]})
    assert not refusals.is_unknown_entity({"errors": []})
    assert not refusals.is_unknown_entity({"errors": "Entity not found"})


def test_every_outcome_is_translated():
    assert set(mapping.STATUS) == set(mapping.RESULT) == set(CallOutcome)


@pytest.mark.parametrize(
    "url", ["http://hub.example/a.mp3", "https://hub.example/a.wav", "ftp://a/a.mp3", "https:///a.mp3", ""]
)
def test_recording_that_the_player_cannot_take_is_left_out(url):
    assert "link" not in mapping.call_note(call(recording_url=url), "x")
    assert mapping.unsorted_call(call(recording_url=url), "x", "")["metadata"]["link"] == ""


def test_users_that_ring_are_named_once():
    several = {"150": "501", "151": "501", "152": "not an id"}

    assert mapping.ringing_users(ringing(extensions=("150", "151", "152", "153"), users=several)) == [501]


def test_users_are_read_with_whatever_is_there():
    rows = fixture("users__page")["_embedded"]["users"]

    assert [mapping.outside_user(row) for row in rows] == [
        OutsideUser("501", "Анна Орлова", "anna@example.com"),
        OutsideUser("502", "b@example.com", "b@example.com", active=False),
        OutsideUser("503", "503"),
    ]


def test_contacts_are_read():
    first, second = fixture("contacts__page")["_embedded"]["contacts"]

    assert entities.record(RecordKind.CONTACT, first, AROUND) == Contact(
        outside_id="4040",
        created_at=datetime.fromtimestamp(1718000000, UTC),
        updated_at=datetime.fromtimestamp(1718000100, UTC),
        url="https://example.amocrm.ru/contacts/detail/4040",
        name="Ann Smith",
        first_name="Ann",
        last_name="Smith",
        phones=("+375 29 123-45-67", "+375 (29) 123-45-68"),
        emails=("ann@example.com",),
        company_ids=("77",),
        responsible_id="501",
        position="Buyer",
        custom={"cf.14": "5"},
    )
    blank = entities.record(RecordKind.CONTACT, second, AROUND)
    assert (blank.name, blank.responsible_id, blank.created_at, blank.custom) == ("", "", None, {})


def test_raw_holds_every_field_by_the_name_that_describes_it():
    first = fixture("contacts__page")["_embedded"]["contacts"][0]

    raw = entities.raw(first)

    assert raw["cf.11"] == ["+375 29 123-45-67", "+375 (29) 123-45-68"]
    assert (raw["cf.14"], raw["tags"], raw["companies"], raw["first_name"]) == ("5", ["vip"], ["77"], "Ann")
    assert "_links" not in raw


def test_leads_are_deals_with_their_stage():
    won = entities.record(RecordKind.DEAL, fixture("lead__won_with_kopecks"), AROUND)
    lost = entities.record(RecordKind.DEAL, fixture("lead__lost_with_reason"), AROUND)

    assert isinstance(won, Deal)
    assert isinstance(lost, Deal)
    assert (won.total, won.phase, won.stage, won.stage_title) == (
        Money(Decimal("1500.5"), "RUB"),
        DealPhase.WON,
        "142",
        "Won",
    )
    assert (won.contact_ids, won.company_ids, won.custom) == (("4040",), ("77",), {"cf.31": True})
    assert (lost.phase, lost.loss_reason, lost.title, lost.stage_title) == (DealPhase.LOST, "Дорого", "", "")
    fresh = entities.record(RecordKind.DEAL, {"id": 1, "pipeline_id": 700, "status_id": 7000}, AROUND)
    assert isinstance(fresh, Deal)
    assert (fresh.is_lead, fresh.phase, fresh.total) == (True, DealPhase.OPEN, None)


@settings(max_examples=60)
@given(st.sampled_from(list(entities.PLURALS)), st.dictionaries(st.sampled_from(["name", "updated_at", "price",
    "status_id", "custom_fields_values", "_embedded", "closed_at", "responsible_user_id"]), JSON))  # fmt: skip
def test_any_row_is_read_or_names_the_field_that_is_wrong(kind, row):
    try:
        found = entities.record(kind, {"id": 7, **row}, AROUND).outside_id
    except Unreadable as error:
        found = str(error)

    assert found in {"7", "price", *row}


def test_numbers_that_are_there_keep_their_spelling_and_their_kind():
    known = fixture("contacts__page")["_embedded"]["contacts"][0]
    record = Contact(
        outside_id="4040", phones=("+375291234568", "+375291234599"), emails=("ANN@example.com",)
    )

    found = bodies.body(RecordKind.CONTACT, Change(record=record, key="k"), known)

    assert found == {
        "custom_fields_values": [
            {
                "field_code": "PHONE",
                "values": [
                    {"value": "+375 (29) 123-45-68", "enum_code": "MOB"},
                    {"value": "+375291234599", "enum_code": "WORK"},
                ],
            },
            {"field_code": "EMAIL", "values": [{"value": "ann@example.com", "enum_code": "WORK"}]},
        ]
    }


def test_named_fields_are_emptied_and_others_are_not():
    record = Company(outside_id="77")

    named = Change(record=record, key="k", fields=frozenset({"phones", "website", "name"}))

    assert bodies.body(RecordKind.COMPANY, named, None) == {
        "name": "",
        "custom_fields_values": [
            {"field_code": "PHONE", "values": None},
            {"field_code": "WEB", "values": None},
        ],
    }
    assert bodies.body(RecordKind.COMPANY, Change(record=record, key="k"), None) == {}


def test_won_deal_moves_to_the_stage_that_means_it():
    change = Change(record=Deal(outside_id="1", phase=DealPhase.WON), key="k", fields=frozenset({"phase"}))
    staged = Change(record=Deal(outside_id="1", phase=DealPhase.WON, stage="7001"), key="k")

    assert bodies.body(RecordKind.DEAL, change, None) == {"status_id": 142}
    assert bodies.body(RecordKind.DEAL, staged, None) == {"status_id": 7001}


def test_extra_values_win_and_ids_have_to_be_numbers():
    record = Deal(title="Ours", responsible_id="anna")
    change = Change(
        record=Deal(title="Ours"), key="k", extra={"name": "Theirs", "cf.31": None, "cf.32": [1, 2]}
    )

    assert bodies.body(RecordKind.DEAL, change, None) == {
        "name": "Theirs",
        "custom_fields_values": [
            {"field_id": 31, "values": None},
            {"field_id": 32, "values": [{"value": 1}, {"value": 2}]},
        ],
    }
    with pytest.raises(RemoteRejected, match="anna"):
        bodies.body(RecordKind.DEAL, Change(record=record, key="k"), None)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("79001234567", "89001234567", True),
        ("375291234567", "291234567", False),
        ("12345", "12345", True),
        ("12345", "912345", False),
        ("", "", False),
    ],
)
def test_numbers_are_compared_by_their_last_ten_digits(one, other, expected):
    assert mapping.same_number(one, other) is expected

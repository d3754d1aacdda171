"""Bitrix24's fields, by fixtures named `<event>__<case>.json`, and what must hold for any input."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from integrations.capabilities import Caller, CallOutcome, Change, Direction, OutsideUser, ValueType
from integrations.connectors.bitrix24 import mapping, objects, writing
from integrations.connectors.bitrix24.descriptions import described
from integrations.connectors.bitrix24.objects import COMPANY, CONTACT, DEAL, LEAD
from integrations.connectors.bitrix24.portal import webhook_address
from integrations.connectors.bitrix24.query import encoded
from integrations.connectors.bitrix24.simulator.php import parsed
from integrations.records import Company, Contact, Deal, DealPhase, Money, RecordKind
from integrations.tests.factories import finished, ringing

FIXTURES = Path(__file__).parent.parent / "fixtures"
CALL = "externalCall.716f.1718000000"
PORTAL = "https://example.bitrix24.ru"
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


SENT = {
    "register__inbound": lambda: mapping.registration(
        ringing(), "19", is_shown=True, creates_leads=False, line=""
    ),
    "register__outbound_on_a_line_with_leads": lambda: mapping.registration(
        ringing(direction=Direction.OUT, phone="+375291234567"),
        "19",
        is_shown=False,
        creates_leads=True,
        line="+375291234500",
    ),
    "finish__answered": lambda: mapping.finish(finished(), CALL, "19"),
    "finish__missed": lambda: mapping.finish(finished(outcome=CallOutcome.MISSED), CALL, "19"),
    "attach_record__mp3": lambda: mapping.record(
        finished(recording_url="https://hub.example/rec/AbC.mp3"), CALL
    ),
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent(name):
    assert SENT[name]() == fixture(name)


def test_every_outcome_and_direction_has_a_translation():
    assert set(mapping.STATUS_CODES) == set(CallOutcome)
    assert set(mapping.TYPES) == set(Direction)


@pytest.mark.parametrize(
    ("url", "ending"),
    [
        ("https://hub.example/rec/a.WAV?x=1", "wav"),
        ("https://hub.example/rec/a", "mp3"),
        ("https://hub.example/rec/a.gsm", None),
        ("", None),
    ],
)
def test_recordings_of_other_kinds_are_not_offered(url, ending):
    found = mapping.record(finished(recording_url=url), CALL)

    assert (found and found["FILENAME"].rpartition(".")[2]) == ending


def test_users_are_read_with_whatever_is_there():
    assert [mapping.outside_user(row) for row in fixture("user_get__page")["result"]] == [
        OutsideUser("1", "Анна Орлова", "anna@example.com", "150"),
        OutsideUser("6", "b@example.com", "b@example.com"),
        OutsideUser("7", "7", active=False),
    ]


def test_caller_comes_with_the_responsible_and_where_people_open_it():
    row = fixture("search_crm_entities__contact")

    assert mapping.caller(row, PORTAL) == Caller(
        name="Иван Петров",
        url=f"{PORTAL}/crm/contact/details/275/",
        contact_id="275",
        responsible_id="6",
        extension="151",
        is_available=True,
    )
    assert mapping.caller(row | {"ASSIGNED_BY": []}, PORTAL).is_available is None


def test_contact():
    found = objects.record(CONTACT, fixture("item__contact"), PORTAL, {})

    assert found == Contact(
        outside_id="275",
        created_at=datetime(2026, 6, 10, 11, 3, tzinfo=UTC),
        updated_at=datetime(2026, 6, 11, 6, tzinfo=UTC),
        url=f"{PORTAL}/crm/contact/details/275/",
        custom={"ufCrm_1700000003": "A"},
        name="Иван Петров",
        first_name="Иван",
        last_name="Петров",
        phones=("+375291234567",),
        emails=("ivan@example.com",),
        company_ids=("12", "13"),
        responsible_id="6",
        position="Директор",
    )


def test_deal_and_lead_of_one_number_are_told_apart():
    deal = objects.record(DEAL, fixture("item__deal_won"), PORTAL, {"C9:WON": "Оплачено"})
    lead = objects.record(LEAD, fixture("item__lead_open"), PORTAL, {})

    assert (deal.outside_id, lead.outside_id) == ("deal:31", "lead:31")
    assert (deal.is_lead, lead.is_lead) == (False, True)
    assert (deal.phase, deal.stage, deal.stage_title) == (DealPhase.WON, "C9:WON", "Оплачено")
    assert (deal.total, deal.contact_ids, deal.company_ids) == (Money(Decimal("990.5"), "BYN"), ("275",), ())
    assert deal.closed_at == datetime(2026, 6, 11, 21, tzinfo=UTC)
    assert (lead.phase, lead.total, lead.contact_ids, lead.closed_at) == (DealPhase.OPEN, None, (), None)


@pytest.mark.parametrize(
    ("outside", "meant"),
    [
        ("lead:5", (LEAD, "5")),
        ("deal:5", (DEAL, "5")),
        ("5", None),
        ("lead:", None),
        ("deal:5/../6", None),
        ("deal:٥", None),
        ("contact:5", None),
    ],
)
def test_ids_of_deals_say_what_they_are(outside, meant):
    assert objects.entity_of(RecordKind.DEAL, outside) == meant


def test_update_adds_only_the_numbers_that_are_missing():
    record = Contact(outside_id="1", phones=("+375 29 123-45-67", "+375291234568"), emails=("I@Example.com",))
    change = Change(record=record, key="k", fields=frozenset({"phones", "emails"}))
    current = {
        "fm": [
            {"typeId": "PHONE", "value": "+375291234567"},
            {"typeId": "EMAIL", "value": "i@example.com"},
        ]
    }

    fields = writing.changed_fields(change, CONTACT, current)

    assert fields == {"fm": [{"typeId": "PHONE", "valueType": "WORK", "value": "+375291234568"}]}


def test_extra_wins_and_only_named_fields_are_sent():
    change = Change(
        record=Company(outside_id="4", name="A", comment="B"),
        key="k",
        fields=frozenset({"name"}),
        extra={"title": "C", "ufCrm_1": ""},
    )

    assert writing.changed_fields(change, COMPANY, {}) == {"title": "C", "ufCrm_1": ""}


def test_amount_that_is_cleared_is_made_of_positions_again():
    change = Change(record=Deal(outside_id="deal:1"), key="k", fields=frozenset({"total"}))

    assert writing.changed_fields(change, DEAL, {}) == {"opportunity": 0, "isManualOpportunity": "N"}


def test_choices_of_stages_sources_and_own_fields():
    fields = {
        "stageId": {"type": "crm_status", "title": "Стадия", "statusType": "DEAL_STAGE"},
        "sourceId": {"type": "crm_status", "title": "Источник", "statusType": "SOURCE"},
        "ufCrm_1": {
            "type": "enumeration",
            "isDynamic": True,
            "isMultiple": True,
            "items": [{"ID": "44", "VALUE": "Друзья"}],
        },
        "contacts": {"type": "crm_contact", "title": "CONTACTS"},
        "odd": ["not an object"],
    }
    statuses = [
        {"ENTITY_ID": "STATUS", "STATUS_ID": "NEW", "NAME": "Новый"},
        {"ENTITY_ID": "DEAL_STAGE_9", "STATUS_ID": "C9:NEW", "NAME": "Заявка"},
        {"ENTITY_ID": "SOURCE", "STATUS_ID": "CALL", "NAME": "Звонок"},
    ]

    stage, source, own = described(fields, statuses, has_stages=True)

    assert (stage.type, stage.choices) == (ValueType.CHOICE, (("NEW", "Новый"), ("C9:NEW", "Заявка")))
    assert source.choices == (("CALL", "Звонок"),)
    assert (own.name, own.title, own.type, own.choices, own.is_custom) == (
        "ufCrm_1",
        "ufCrm_1",
        ValueType.LIST,
        (("44", "Друзья"),),
        True,
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://example.bitrix24.ru/rest/1/secretsecret/",
        "https://example.bitrix24.ru/rest/1/secretsecret/profile.json?x=1",
        "https://EXAMPLE.bitrix24.ru/rest/1/secretsecret",
    ],
)
def test_webhook_is_kept_without_what_is_copied_along(url):
    assert webhook_address(url) == "https://example.bitrix24.ru/rest/1/secretsecret"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.bitrix24.ru/",
        "https://example.bitrix24.ru/rest/secretsecret/",
        "https://example.bitrix24.ru/rest/0/secretsecret/",
        "https://u:p@example.bitrix24.ru/rest/1/secretsecret/",
        "ftp://example.bitrix24.ru/rest/1/secretsecret/",
        "https://[::/rest/1/secretsecret/",
        "https://example.bitrix24.ru:99999/rest/1/secretsecret/",
        "secretsecret",
    ],
)
def test_what_is_no_webhook_is_refused_without_repeating_it(url):
    with pytest.raises(ValidationError) as raised:
        webhook_address(url)

    assert "secret" not in str(raised.value)


@given(st.sampled_from([LEAD, DEAL, CONTACT, COMPANY]), st.dictionaries(st.sampled_from(sorted(fixture("item__contact") | fixture("item__deal_won"))), JUNK))  # fmt: skip
def test_any_object_is_read_or_refused(entity, item):
    item = {**item, "id": 5}

    found = objects.record(entity, item, PORTAL, {})

    assert found.outside_id.endswith("5")
    assert all(isinstance(one, str) for one in getattr(found, "phones", ()))


@given(
    st.dictionaries(
        st.text("abc_", min_size=1, max_size=5),
        st.text(max_size=10) | st.lists(st.text(max_size=5), min_size=1, max_size=3),
        max_size=4,
    )
)
def test_what_php_reads_is_what_was_written(params):
    assert parsed(encoded(params)) == params

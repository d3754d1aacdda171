"""What a portal sends to us, over real HTTP bytes where it matters, and how we ask for it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors import get as get_connector
from integrations.connectors.bitrix24.hooks import EVENTS
from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.php import pairs
from integrations.connectors.bitrix24.simulator.state import CONTACT, DEAL, Binding
from integrations.connectors.bitrix24.tests.factories import make_application, make_webhook
from integrations.hooks import Changed, Clicked, Happening, Removed, Revoked, WebhookRegistration
from integrations.records import RecordKind
from integrations.sessions import open_session
from tenants.errors import ConfigError
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant
from webhooks.presets import Arrival, preset
from webhooks.presets.arrival import FORM, NotReadable

AT = 1_718_000_000.0
URL = "http://127.0.0.1:9/webhook/bitrix24/abc"
SECRET = "secret-of-our-source-0123"


def arrival(fields, at=AT):
    return Arrival({"content-type": FORM}, "", urlencode(pairs(fields)).encode(), at)


def parse(fields, at=AT):
    hooks = get_connector("bitrix24").hooks
    assert hooks is not None
    return hooks.parse(arrival(fields, at), {})


def event(name, number="662"):
    return {"event": name, "data": {"FIELDS": {"ID": number}}, "ts": "1718000000"}


CLICK: dict[str, Any] = {
    "event": "ONEXTERNALCALLSTART",
    "ts": "1718000000",
    "data": {
        "PHONE_NUMBER": "8 029 123-45-67",
        "PHONE_NUMBER_INTERNATIONAL": "+375291234567",
        "USER_ID": "6",
        "CALL_ID": "externalCall.716f.1718000000",
        "LINE_NUMBER": "+375291234500",
        "CRM_ENTITY_TYPE": "CONTACT",
        "CRM_ENTITY_ID": "275",
        "CALL_LIST_ID": "",
    },
}


@pytest.mark.parametrize(
    ("name", "happening"),
    [
        ("ONCRMDEALUPDATE", Changed(RecordKind.DEAL, "deal:662")),
        ("oncrmleadadd", Changed(RecordKind.DEAL, "lead:662")),
        ("ONCRMCONTACTADD", Changed(RecordKind.CONTACT, "662")),
        ("ONCRMCOMPANYDELETE", Removed(RecordKind.COMPANY, "662")),
        ("ONCRMLEADDELETE", Removed(RecordKind.DEAL, "lead:662")),
    ],
)
def test_changes_name_the_object_and_nothing_else(name, happening):
    assert parse(event(name)) == (happening,)


def test_click_brings_the_call_that_is_registered_already():
    [clicked] = parse(CLICK)

    assert clicked == Clicked(
        phone="+375291234567",
        user_id="6",
        clicked_at=datetime.fromtimestamp(AT, UTC),
        extra={
            "CALL_ID": "externalCall.716f.1718000000",
            "LINE_NUMBER": "+375291234500",
            "CRM_ENTITY_TYPE": "CONTACT",
            "CRM_ENTITY_ID": "275",
        },
    )


@pytest.mark.parametrize("sent", ["", "soon", "99999999999999", "-1", "٣"])
def test_click_without_a_time_is_taken_as_it_comes(sent):
    [clicked] = parse(CLICK | {"ts": sent})

    assert clicked.clicked_at is None


def test_farewell_and_what_is_of_no_use():
    [revoked] = parse({"event": "ONAPPUNINSTALL"})

    assert isinstance(revoked, Revoked)
    assert parse({"event": "ONTASKADD", "data": {"FIELDS": {"ID": "1"}}}) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"event": ""},
        event("ONCRMDEALUPDATE", "0"),
        event("ONCRMDEALUPDATE", "-5"),
        event("ONCRMDEALUPDATE", "5/../6"),
        event("ONCRMDEALUPDATE", "9" * 30),
        {"event": "ONCRMDEALUPDATE"},
        {**CLICK, "data": {**CLICK["data"], "USER_ID": "x"}},
        {**CLICK, "data": {"USER_ID": "6"}},
    ],
)
def test_what_bitrix24_never_sends_is_not_readable(fields):
    with pytest.raises(NotReadable):
        parse(fields)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused(body, is_form):
    hooks = get_connector("bitrix24").hooks
    headers = {"content-type": FORM} if is_form else {}
    try:
        hooks.parse(Arrival(headers, "", b"event=ONCRMDEALADD&" + body, AT), {})
    except NotReadable:
        return


@pytest.fixture
def simulator():
    cache.clear()
    with Simulator(limits_rate=False).running() as running:
        yield running


@pytest.fixture
def application(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield make_application(tenant, simulator, line="+375291234500")


def registered(integration, step):
    with open_session(integration.pk, seconds=10) as session:
        return step(session.require(WebhookRegistration))


def handlers(simulator):
    return sorted((one.event, one.handler) for one in simulator.portal.bindings)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", [URL, f"{URL}?token={SECRET}"])
def test_subscribing_twice_binds_once_with_the_secret_in_the_address(application, simulator, address):
    assert not registered(application, lambda hooks: hooks.is_subscribed(address))
    for _time in range(2):
        registered(application, lambda hooks: hooks.subscribe(address, SECRET))

    assert registered(application, lambda hooks: hooks.is_subscribed(address))
    assert handlers(simulator) == sorted((one, f"{URL}?token={SECRET}") for one in EVENTS)
    assert simulator.portal.lines == {"+375291234500": "Switchboard"}


@pytest.mark.django_db(transaction=True)
def test_new_secret_takes_the_place_of_the_former_and_others_are_left_alone(application, simulator):
    other = Binding("ONCRMDEALADD", "https://other.example.com/hook")
    simulator.portal.bindings.append(other)
    registered(application, lambda hooks: hooks.subscribe(URL, SECRET))
    registered(application, lambda hooks: hooks.subscribe(URL, "another-secret-0123"))

    expected = [(one, f"{URL}?token=another-secret-0123") for one in EVENTS]
    assert handlers(simulator) == sorted([*expected, (other.event, other.handler)])

    for _time in range(2):
        registered(application, lambda hooks: hooks.unsubscribe(URL))
    assert handlers(simulator) == [(other.event, other.handler)]


@pytest.mark.django_db(transaction=True)
def test_binding_that_is_gone_is_noticed(application, simulator):
    registered(application, lambda hooks: hooks.subscribe(URL, SECRET))
    simulator.portal.bindings.pop()

    assert not registered(application, lambda hooks: hooks.is_subscribed(URL))


@pytest.mark.django_db(transaction=True)
def test_webhook_cannot_subscribe_and_says_so(simulator):
    tenant = make_tenant()
    with tenant_scope(tenant), pytest.raises(ConfigError, match="outgoing webhook"):
        registered(make_webhook(tenant, simulator), lambda hooks: hooks.subscribe(URL, SECRET))

    assert simulator.portal.bindings == []


@pytest.mark.django_db(transaction=True)
def test_what_the_portal_really_sends_is_proved_and_read(application, simulator):
    """A second simulator listens: it keeps every request as it came over the wire."""
    with Simulator(limits_rate=False).running() as listener:
        address = f"{listener.url}/hook"
        registered(application, lambda hooks: hooks.subscribe(address, SECRET))
        deal = next(iter(simulator.portal.items[DEAL]))
        simulator.crm.update({"entityTypeId": DEAL, "id": deal, "fields": {"title": "A"}}, None)
        assert listener.wait_until(lambda: len(listener.requests) == 1)
        simulator.click(6, "+375291234567")
        assert listener.wait_until(lambda: len(listener.requests) == 2)
        requests = listener.requests

    found: list[Happening] = []
    for request in requests:
        query = request.target.partition("?")[2]
        came = Arrival({"content-type": request.header("content-type")}, query, request.body, AT)
        assert preset("bitrix24").prove(came, [SECRET], 300).holds
        assert not preset("bitrix24").prove(came, ["another-secret-0123"], 300).holds
        hooks = get_connector("bitrix24").hooks
        assert hooks is not None
        found += hooks.parse(came, {})
    assert found[0] == Changed(RecordKind.DEAL, f"deal:{deal}")
    assert isinstance(found[1], Clicked)
    assert found[1].extra["CALL_ID"] in simulator.portal.calls
    assert simulator.portal.items[CONTACT]

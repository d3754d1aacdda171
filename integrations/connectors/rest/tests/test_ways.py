"""GraphQL, OData, and tokens by a client's id and secret: what is special about each."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.test_connection import diagnose
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.simulator.keys import CLIENT_ID
from integrations.connectors.rest.tests.entered import (
    delta_row,
    graphql_row,
    kind_row,
    odata_row,
    settings_of,
)
from integrations.models import Exchange, OAuthToken
from integrations.records import RecordKind
from integrations.tests.records_bench import ids_of, records_of, run
from tenants.errors import AuthFailed, RateLimited, RemoteRejected, TransientError
from tenants.scoping import tenant_scope
from tenants.simulation import Reply
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = RecordKind.CONTACT
SECRET = "a-very-secret-client-secret"


@pytest.fixture
def tenant():
    tenant = make_tenant()
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def simulator():
    with Simulator().running() as running:
        yield running


@pytest.fixture
def guarded():
    with Simulator(scheme="oauth2", key=SECRET).running() as running:
        yield running


def connected(tenant, simulator, *rows, credentials=None, **values):
    return create_integration(
        tenant,
        "rest",
        "Our ERP",
        settings=settings_of(simulator.url, *rows, **values),
        credentials=credentials or {"key": simulator.key},
    )


def by_client(tenant, simulator, secret=SECRET, **values):
    credentials = {"client_id": CLIENT_ID, "client_secret": secret}
    return connected(tenant, simulator, kind_row(), credentials=credentials, scheme="oauth2", **values)


def asked_for_tokens(simulator):
    return [one for one in simulator.requests if one.path == "/api/oauth/token"]


def put(simulator, count, at=None):
    return [str(simulator.store.add("contacts", {"n": n}, at)["id"]) for n in range(count)]


# GraphQL


def test_graphql_is_read_page_by_page_with_typed_variables_and_stops_where_it_says(tenant, simulator):
    wanted = put(simulator, 205)
    row = connected(tenant, simulator, graphql_row())

    pages = run(row, CONTACT)

    assert (ids_of(pages), pages[0].total) == (wanted, 205)
    variables = [one.json()["variables"] for one in simulator.requests]
    assert [one["first"] for one in variables] == [100, 100, 100]
    assert ("after" in variables[0], isinstance(variables[1]["after"], str)) == (False, True)


def test_graphql_asks_for_changes_and_for_one_object(tenant, simulator):
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    put(simulator, 2, old)
    [late] = put(simulator, 1, new)
    row = connected(tenant, simulator, graphql_row())

    assert ids_of(run(row, CONTACT, None, new - timedelta(days=1))) == [late]
    with records_of(row) as records:
        assert records.fetch(CONTACT, late).raw["n"] == 0
        assert records.fetch(CONTACT, "999") is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("UNAUTHENTICATED", AuthFailed),
        ("ACCESS_DENIED", AuthFailed),
        ("THROTTLED", RateLimited),
        ("INTERNAL_SERVER_ERROR", TransientError),
        ("GRAPHQL_VALIDATION_FAILED", RemoteRejected),
        ("", RemoteRejected),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_graphqls_errors_are_what_they_say_whatever_the_status(
    tenant, simulator, monkeypatch, code, error, status
):
    told = {"message": "Not today", "extensions": {"code": code}}
    answer = {"data": {"contacts": None}, "errors": [told]}
    row = connected(tenant, simulator, graphql_row())
    monkeypatch.setattr(simulator, "respond", lambda request: Reply.json(answer, status))

    with records_of(row) as records, pytest.raises(error) as raised:
        records.read(CONTACT)

    assert "Not today" in raised.value.detail


def test_a_wrong_field_of_a_query_is_named_by_the_connection_test(tenant, simulator):
    wrong = graphql_row()
    wrong["query"] = wrong["query"].replace(" touched ", " colour ")

    found = diagnose(connected(tenant, simulator, wrong))

    assert not found.works
    assert 'Cannot query field "colour"' in str(found.checks[0].text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"paging": "link"},
        {"query": "", "object_query": "query($id: ID!) { contact(id: $id) { id } }"},
        {"delta_field": "@odata.deltaLink"},
    ],
)
def test_what_does_not_belong_together_is_refused(tenant, simulator, wrong):
    with pytest.raises(ValidationError) as raised:
        connected(tenant, simulator, graphql_row(**wrong))

    assert list(raised.value.message_dict) == ["settings.kinds"]


# OData


def test_odata_is_read_by_its_links_and_its_filter(tenant, simulator):
    old, new = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    wanted = put(simulator, 120, old)
    [late] = put(simulator, 1, new)
    row = connected(tenant, simulator, odata_row())

    assert ids_of(run(row, CONTACT)) == [*wanted, late]
    assert ids_of(run(row, CONTACT, None, new)) == [late]


def test_odata_by_top_and_skip(tenant, simulator):
    wanted = put(simulator, 120)
    by_place = odata_row(paging="offset", page_parameter="$skip", next_field="", page_size=50)

    assert ids_of(run(connected(tenant, simulator, by_place), CONTACT)) == wanted


def test_odatas_delta_link_tells_what_changed_and_what_went(tenant, simulator):
    first, second, third = put(simulator, 3)
    row = connected(tenant, simulator, delta_row())
    pages = run(row, CONTACT)
    assert ids_of(pages) == [first, second, third]
    simulator.store.change("contacts", int(second), {"n": 7})
    simulator.store.remove("contacts", int(third))
    [new] = put(simulator, 1)

    [page] = run(row, CONTACT, pages[-1].resume)

    assert (ids_of([page]), page.deleted) == ([second, new], (third,))
    assert ids_of(run(row, CONTACT, page.resume)) == []


# OAuth2


@pytest.mark.parametrize("in_header", [False, True])
def test_a_token_is_asked_for_once_and_used_until_it_is_refused(tenant, guarded, in_header):
    put(guarded, 30)
    row = by_client(tenant, guarded, client_in_header=in_header, scope="contacts.read orders.read")

    assert diagnose(row).works
    assert len(ids_of(run(row, CONTACT))) == 30
    [asked] = asked_for_tokens(guarded)
    assert asked.form["scope"] == "contacts.read orders.read"
    assert ("client_secret" in asked.form) is not in_header

    guarded.keys.forget_tokens()
    assert len(ids_of(run(row, CONTACT))) == 30
    assert len(asked_for_tokens(guarded)) == 2
    kept = " ".join(str(one) for one in Exchange.objects.values())
    assert SECRET not in kept
    assert OAuthToken.objects.get().access_token not in kept


def test_a_wrong_secret_is_said_and_not_tried_again_until_it_is_changed(tenant, guarded):
    row = by_client(tenant, guarded, secret="wrong")

    assert not diagnose(row).works
    with records_of(row) as records, pytest.raises(AuthFailed):
        records.read(CONTACT)
    count = len(asked_for_tokens(guarded))
    with records_of(row) as records, pytest.raises(AuthFailed):
        records.read(CONTACT)
    assert len(asked_for_tokens(guarded)) == count

    update_integration(row, credentials={"client_secret": SECRET})
    assert diagnose(row).works


def test_a_stored_secret_is_not_sent_to_another_address_of_tokens(tenant, guarded):
    row = by_client(tenant, guarded)
    elsewhere = {**row.settings, "token_url": "https://login.example.com/token"}

    with pytest.raises(ValidationError) as raised:
        update_integration(row, settings=elsewhere)

    assert "credentials.client_secret" in raised.value.message_dict
    row.refresh_from_db()
    assert row.settings.get("token_url", "") == ""
    update_integration(row, settings=elsewhere, credentials={"client_id": CLIENT_ID, "client_secret": SECRET})


def test_values_that_are_not_saved_yet_are_tried_with_a_token_of_their_own(tenant, guarded):
    from integrations.actions.test_connection import diagnose_draft
    from integrations.connectors import get

    put(guarded, 1)
    settings = get("rest").manifest.clean_settings(settings_of(guarded.url, kind_row(), scheme="oauth2"))

    found = diagnose_draft(tenant, get("rest"), settings, {"client_id": CLIENT_ID, "client_secret": SECRET})

    assert found.works
    assert not OAuthToken.objects.exists()

"""Field mappings over the API: read, replaced, tried, restored; mistakes name row and field."""

import pytest

from integrations.actions.save_integration import create_integration
from integrations.api.tests.test_api import client_of, errors_of
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import settings_of
from integrations.models import MappingVersion
from integrations.tests.factories import make_bot
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
NAME = {"theirs": "full_name", "ours": "name"}


@pytest.fixture
def simulator():
    with Simulator(is_furnished=True).running() as running:
        yield running


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture
def row(tenant, simulator):
    with tenant_scope(tenant):
        return create_integration(
            tenant, "rest", "ERP", settings=settings_of(simulator.url), credentials={"key": simulator.key}
        )


@pytest.fixture
def client(tenant):
    return client_of(tenant)


def at(row, path="contact/"):
    return f"/api/v1/integrations/{row.pk}/mappings/{path}"


def test_replaced_read_and_restored(client, row):
    assert client.get(at(row)).status_code == 404
    first = client.put(at(row), {"rules": [NAME], "note": "first"}, format="json")
    second = client.put(at(row), {"rules": []}, format="json")

    assert (first.status_code, first.json()["version"], first.json()["note"]) == (200, 1, "first")
    assert first.json()["rules"] == [
        {**NAME, "direction": "in", "transform": "as_is", "parameters": {}, "default": ""}
    ]
    assert second.json()["version"] == 2
    assert client.get(at(row)).json()["rules"] == []
    assert [one["kind"] for one in client.get(at(row, "")).json()] == ["contact"]
    assert client.post(at(row, "contact/versions/1/restore/")).json()["version"] == 3
    assert [one["version"] for one in client.get(at(row, "contact/versions/")).json()] == [3, 2, 1]
    assert client.post(at(row, "contact/versions/77/restore/")).status_code == 404


def test_tried_without_being_saved(client, row):
    shown = client.post(at(row, "contact/preview/"), {"rules": [NAME]}, format="json")
    tried = client.post(at(row, "contact/dry-run/"), {"rules": [NAME]}, format="json")
    unknown = client.post(at(row, "contact/preview/"), {"rules": [], "outside_id": "404"}, format="json")

    assert shown.json()["rows"] == [
        {
            "field": "full_name",
            "theirs": "Анна Иванова",
            "our_field": "name",
            "ours": "Анна Иванова",
            "problem": "",
        }
    ]
    assert (tried.json()["objects"], tried.json()["rows"][0]["converted"]) == (4, 4)
    assert 400 <= unknown.status_code < 500
    with all_tenants():
        assert not MappingVersion.objects.exists()


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"rules"}),
        ({"rules": "x"}, {"rules"}),
        ({"rules": [5]}, {"rules.0"}),
        ({"rules": [NAME], "colour": 1}, {"colour"}),
        (
            {"rules": [{**NAME, "ours": "nothing"}, {**NAME, "transform": "eval"}]},
            {"rules.0.ours", "rules.1.transform"},
        ),
        ({"rules": [NAME], "note": "n" * 201}, {"note"}),
    ],
)
def test_mistakes_name_row_and_field(client, row, body, fields):
    answer = client.put(at(row), body, format="json")

    assert answer.status_code == 400
    assert errors_of(answer) == fields
    with all_tenants():
        assert not MappingVersion.objects.exists()


def test_strangers_unknown_kinds_and_scopes(client, tenant, row):
    stranger, reader = client_of(make_tenant()), client_of(tenant, ["integrations:read"])

    for path in ("", "contact/", "contact/versions/"):
        assert stranger.get(at(row, path)).status_code == 404
    assert stranger.put(at(row), {"rules": []}, format="json").status_code == 404
    assert stranger.post(at(row, "contact/preview/"), {}, format="json").status_code == 404
    assert client.put(at(row, "product/"), {"rules": []}, format="json").status_code == 404
    assert client.put(at(make_bot(tenant)), {"rules": []}, format="json").status_code == 404
    assert reader.put(at(row), {"rules": []}, format="json").status_code == 403
    assert reader.get(at(row, "")).status_code == 200


def test_catalogue_describes_the_rows_of_a_table(client):
    [kinds] = [
        one for one in client.get("/api/v1/connectors/rest/").json()["settings"] if one["name"] == "kinds"
    ]

    assert kinds["type"] == "table"
    assert [column["name"] for column in kinds["columns"]][:2] == ["kind", "list_path"]

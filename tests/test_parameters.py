"""Every list of the API, by its own description: takes the parameters that it names, and refuses all others by name."""

import json
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from tenants.tests.factories import make_api_key, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

SCHEMA: dict[str, Any] = SchemaGenerator().get_schema(public=True)
LISTS = {
    path: {one["name"] for one in operations["get"].get("parameters", []) if one["in"] == "query"}
    for path, operations in SCHEMA["paths"].items()
    if "get" in operations and any(one["name"] == "cursor" for one in operations["get"].get("parameters", []))
}


@pytest.fixture
def client() -> Client:
    return Client(headers={"x-api-key": make_api_key(make_tenant(), ["*"])[1]})


def complaints(client: Client, path: str, name: str) -> set[str]:
    """The fields of which the answer says that there is no such parameter."""
    answer = client.get(path, {name: "x"})
    assert answer.status_code in (200, 400, 404)
    errors = json.loads(answer.content).get("errors", []) if answer.status_code == 400 else []
    return {one["field"] for one in errors if one["code"] == "unknown_parameter"}


def test_there_are_lists() -> None:
    assert {"/api/v1/calls", "/api/v1/deliveries", "/api/v1/audit"} <= set(LISTS)


@pytest.mark.parametrize("path", LISTS)
def test_a_parameter_that_does_not_exist_is_refused_by_name(client: Client, path: str) -> None:
    assert complaints(client, path, "started_at_form") == {"started_at_form"}


@pytest.mark.parametrize("path", LISTS)
def test_every_parameter_that_is_described_is_taken(client: Client, path: str) -> None:
    assert [name for name in LISTS[path] if complaints(client, path, name)] == []

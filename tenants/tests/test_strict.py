"""What a client cannot set is refused by name, and what it cannot see does not exist."""

import pytest
from rest_framework.test import APIClient

from tenants.models import AuditEntry, Extension
from tenants.tests.factories import make_api_key, make_extension, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tenants.tests.api_urls")]

LIST = "/api/v1/test-extensions"


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture
def client(tenant):
    _key, plain = make_api_key(tenant)
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def named(answer) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"number": "1", "colour": "red"}, {"colour": "unknown_field"}),
        ({"number": "1", "id": "00000000-0000-0000-0000-000000000001"}, {"id": "read_only"}),
        ({"number": "1", "created_at": "2020-01-01T00:00:00Z"}, {"created_at": "read_only"}),
        (
            {"number": "1", "tenant_id": 1, "__class__": "x"},
            {"tenant_id": "unknown_field", "__class__": "unknown_field"},
        ),
    ],
)
def test_strange_fields_are_refused_by_name(client, tenant, body, refused):
    existing = make_extension(tenant, "9")

    assert named(client.post(LIST, body)) == refused
    assert named(client.patch(f"{LIST}/{existing.pk}", body)) == refused
    assert named(client.put(f"{LIST}/{existing.pk}", body)) == refused
    assert Extension._base_manager.get().number == "9"
    assert not AuditEntry._base_manager.exists()


def test_what_was_read_can_be_changed_and_put_back(client, tenant):
    url = f"{LIST}/{make_extension(tenant, '9').pk}"
    read = client.get(url).json()

    answer = client.put(url, {**read, "name": "Anna"})

    assert answer.status_code == 200, answer.content
    assert answer.json() == {**read, "name": "Anna"}


@pytest.mark.parametrize("method", ["get", "patch", "put", "delete"])
def test_a_foreign_id_is_answered_like_one_that_does_not_exist(client, method):
    foreign = make_extension(make_tenant(), "150")
    ids = [foreign.pk, "01890000-0000-7000-8000-000000000000", "nonsense", "1"]

    answers = [getattr(client, method)(f"{LIST}/{one}", {"number": "1"}) for one in ids]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert Extension._base_manager.get().number == "150"


@pytest.mark.urls("config.urls")
def test_an_unknown_path_of_the_api_is_a_problem_too(client):
    answer = client.get("/api/v1/nothing/here")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"

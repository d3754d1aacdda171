"""`Idempotency-Key`: a POST takes effect once, however often it arrives and wherever it is interrupted."""

import json
import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from tenants.models import AuditEntry, Extension, StoredAnswer, Tenant
from tenants.scoping import all_tenants
from tenants.tests.api_urls import OrderView
from tenants.tests.factories import make_api_key, make_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tenants.tests.api_urls")]

LIST = "/api/v1/test-extensions"
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def client(tenant) -> APIClient:
    _key, plain = make_api_key(tenant)
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def extensions() -> int:
    return Extension._base_manager.count()


def test_a_repeat_gets_the_first_answer(client):
    first = client.post(LIST, {"number": "1", "name": "Анна"}, headers=KEY)
    second = client.post(LIST, {"name": "Анна", "number": "1"}, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert extensions() == 1
    assert AuditEntry._base_manager.count() == 1


def test_nobody_else_is_told_the_answer(tenant, client):
    """It may hold a secret that only this caller had the right to see."""
    weaker = APIClient(headers={"X-API-Key": make_api_key(tenant, scopes=["extensions:*"])[1]})
    first = client.post(LIST, {"number": "1"}, headers=KEY)

    second = weaker.post(LIST, {"number": "1"}, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 422)
    assert second.json()["code"] == "key_reused"
    assert first.json()["id"] not in second.content.decode()
    assert extensions() == 1


@pytest.mark.urls("config.urls")
def test_a_weak_key_gets_no_strong_one_by_repeating_its_request(tenant, client):
    """The answer that makes a key holds that key."""
    body = {"name": "strong", "scopes": ["*"]}
    weak = APIClient(headers={"X-API-Key": make_api_key(tenant, scopes=["api-keys:write"])[1]})
    made = client.post("/api/v1/api-keys", body, headers=KEY)

    repeated = weak.post("/api/v1/api-keys", body, headers=KEY)

    assert made.json()["key"].startswith("sbk_")
    assert repeated.status_code == 422
    assert "sbk_" not in repeated.content.decode()


def test_headers_that_matter_are_repeated(client):
    order = {"lines": [], "address": {}}  # type: ignore[var-annotated]
    made = OrderView.made

    first = client.post("/api/v1/test-orders", order, headers=KEY)
    second = client.post("/api/v1/test-orders", order, headers=KEY)

    assert second.headers["Location"] == first.headers["Location"] == "/orders/1"
    assert second.json() == first.json() == {"secret": f"whsec_{made + 1}", "price": 2**60}
    assert OrderView.made == made + 1


@pytest.mark.parametrize(("path", "body"), [(LIST, {"number": "2"}), (f"{LIST}?x=1", {"number": "1"})])
def test_another_request_under_the_same_key_is_a_422(client, path, body):
    client.post(LIST, {"number": "1"}, headers=KEY)

    answer = client.post(path, body, headers=KEY)

    assert answer.status_code == 422
    assert json.loads(answer.content)["code"] == "key_reused"
    assert extensions() == 1
    assert client.post(LIST, {"number": "1"}, headers=KEY).status_code == 201


def test_keys_of_other_companies_are_other_keys(client):
    _key, plain = make_api_key(make_tenant())
    client.post(LIST, {"number": "1"}, headers=KEY)

    answer = APIClient(headers={"X-API-Key": plain}).post(LIST, {"number": "2"}, headers=KEY)

    assert answer.status_code == 201
    assert extensions() == 2


def test_a_refused_request_may_be_corrected_under_its_key(client):
    refused = client.post(LIST, {"number": "x"}, headers=KEY)
    corrected = client.post(LIST, {"number": "1"}, headers=KEY)

    assert (refused.status_code, corrected.status_code) == (400, 201)


@pytest.mark.parametrize("error", ["config", "transient"])
def test_an_error_after_a_write_leaves_neither(client, error):
    assert client.post("/api/v1/test-errors", {"error": error}, headers=KEY).status_code >= 400

    assert extensions() == 0
    assert StoredAnswer._base_manager.count() == 0


def test_a_crash_in_the_middle_leaves_nothing_and_blocks_nothing(client):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            client.post("/api/v1/test-errors", {"error": "defect"}, headers=KEY)

    assert extensions() == 0
    assert StoredAnswer._base_manager.count() == 0


def test_stored_answers_are_sealed(client):
    client.post("/api/v1/test-orders", {"lines": [], "address": {}}, headers=KEY)

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_storedanswer")
        (body,) = cursor.fetchone()
    assert body.startswith("sb1.")
    assert "whsec" not in body


def test_without_a_key_every_post_counts(client):
    answers = [client.post(LIST, {"number": str(number)}) for number in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert StoredAnswer._base_manager.count() == 0


def test_a_key_that_is_too_long_is_named(client):
    answer = client.post(LIST, {"number": "1"}, headers={"Idempotency-Key": "k" * 201})

    assert json.loads(answer.content)["errors"][0]["field"] == "Idempotency-Key"
    assert extensions() == 0


def test_repeats_are_not_for_who_may_not_write(client, tenant):
    client.post(LIST, {"number": "1"}, headers=KEY)
    _key, plain = make_api_key(tenant, ["extensions:read"])

    assert APIClient(headers={"X-API-Key": plain}).post(LIST, {"number": "1"}, headers=KEY).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_the_same_time_takes_effect_once():
    _key, plain = make_api_key(make_tenant())
    barrier = threading.Barrier(6)
    answers = []

    def send():
        client = APIClient(headers={"X-API-Key": plain})
        barrier.wait()
        answers.append(client.post(LIST, {"number": "1"}, headers=KEY))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.content for answer in answers}) == 1
    with all_tenants():
        assert Extension.objects.count() == 1

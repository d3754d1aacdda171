"""The API's machinery: who calls, what they may do, what is refused and how."""

import base64
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import keys
from tenants.models import ApiKey, AuditEntry, Extension, Member, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import (
    PASSWORD,
    make_api_key,
    make_extension,
    make_member,
    make_operator,
    make_tenant,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tenants.tests.api_urls")]

LIST = "/api/v1/test-extensions"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def client(tenant) -> APIClient:
    _key, plain = make_api_key(tenant)
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def problem(response, status: int) -> dict:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["status"] == status
    assert body["type"] == "about:blank"
    return body


# Who calls


@pytest.mark.parametrize(
    "header", ["Authorization: Bearer {}", "Authorization: bearer   {} ", "X-API-Key: {}"]
)
def test_a_key_is_accepted_in_every_documented_header(tenant, header):
    _key, plain = make_api_key(tenant)
    name, _colon, value = header.format(plain).partition(": ")

    answer = Client().get("/api/v1/me", headers={name: value})

    assert answer.status_code == 200
    assert answer.json()["tenant"] == tenant.number


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer sbk_unknown"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer " + "x" * 1_000_000},
        {"Authorization": "Bearer \xff\xfe\udcff"},
        {"X-API-Key": "' OR 1=1 --"},
        {"X-API-Key": ""},
    ],
)
def test_strangers_get_401(headers):
    answer = Client().get("/api/v1/me", headers=headers)

    assert problem(answer, 401)["code"] in ("not_authenticated", "authentication_failed")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_expired_key_gets_401_at_once(tenant):
    key, plain = make_api_key(tenant, expires_at=timezone.now() + timedelta(hours=1))
    client = Client(headers={"X-API-Key": plain})
    assert client.get("/api/v1/me").status_code == 200

    remembered = keys._memory.peek(key.digest)
    remembered.expires_at = timezone.now()

    assert "expired" in problem(client.get("/api/v1/me"), 401)["detail"]
    assert "expired" in problem(client.get("/api/v1/me"), 401)["detail"]


@pytest.mark.parametrize("what", ["key", "tenant"])
def test_an_inactive_key_or_company_gets_401(tenant, what):
    key, plain = make_api_key(tenant)
    (ApiKey._base_manager if what == "key" else Tenant.objects).filter(  # type: ignore[misc]
        pk=(key if what == "key" else tenant).pk
    ).update(is_active=False)

    problem(Client().get("/api/v1/me", headers={"X-API-Key": plain}), 401)


def test_the_second_request_of_a_key_asks_the_database_nothing(tenant, django_assert_num_queries):
    _key, plain = make_api_key(tenant)
    client = Client(headers={"X-API-Key": plain})
    client.get("/api/v1/me")

    with django_assert_num_queries(0):
        client.get("/api/v1/me")


# What they may do


@pytest.mark.parametrize(
    ("scopes", "may_read", "may_write"),
    [
        (["*"], True, True),
        (["extensions:*"], True, True),
        (["extensions:read"], True, False),
        (["extensions:write"], False, True),
        (["calls:*"], False, False),
        ([], False, False),
    ],
)
def test_scopes(tenant, scopes, may_read, may_write):
    _key, plain = make_api_key(tenant, scopes)
    client = APIClient(headers={"X-API-Key": plain})

    assert (client.get(LIST).status_code == 200) is may_read
    assert (client.options(LIST).status_code == 200) is may_read
    assert (client.post(LIST, {"number": "1"}).status_code == 201) is may_write


@pytest.mark.parametrize(
    ("role", "may_write"),
    [("owner", True), ("admin", True), ("manager", False), ("agent", False), ("viewer", False)],
)
def test_roles(tenant, role, may_write):
    client = APIClient()
    client.force_login(make_member(tenant, role).user)

    assert client.get(LIST).status_code == 200
    assert client.post(LIST, {"number": "1"}).status_code == (201 if may_write else 403)


def test_a_session_must_prove_that_a_change_is_wanted(tenant):
    client = APIClient(enforce_csrf_checks=True)
    client.login(username=make_member(tenant).user.username, password=PASSWORD)

    refused = client.post(LIST, {"number": "1"})

    assert "CSRF" in problem(refused, 403)["detail"]
    with all_tenants():
        assert not Extension.objects.exists()


def test_an_operator_must_choose_a_company_first():
    client = APIClient()
    client.force_login(make_operator())

    assert "Choose a company" in problem(client.get(LIST), 403)["detail"]


def test_other_companies_rows_do_not_exist(client):
    foreign = make_extension(make_tenant(), "150", name="FOREIGN")

    for method in (client.get, client.patch, client.put, client.delete):
        problem(method(f"{LIST}/{foreign.pk}"), 404)
    assert b"FOREIGN" not in client.get(LIST).content
    with all_tenants():
        assert Extension.objects.get().name == "FOREIGN"


def test_a_reference_to_another_companys_row_is_refused(client, tenant):
    member = make_member(tenant)
    foreign = make_extension(make_tenant(), "150")

    answer = client.patch(f"/api/v1/test-members/{member.pk}", {"extension": str(foreign.pk)})

    assert problem(answer, 400)["errors"][0]["field"] == "extension"
    assert Member._base_manager.get().extension is None


def test_the_tenant_cannot_be_chosen_by_the_client(client, tenant):
    other = make_tenant()

    answer = client.post(LIST, {"number": "1", "tenant": other.pk, "tenant_id": other.pk})

    fields = {error["field"]: error["code"] for error in problem(answer, 400)["errors"]}
    assert fields == {"tenant": "unknown_field", "tenant_id": "unknown_field"}
    assert not Extension._base_manager.exists()


# Changes


def test_changes_are_made_and_audited(client, tenant):
    made = client.post(LIST, {"number": "150", "name": "Anna"})
    url = f"{LIST}/{made.json()['id']}"
    client.patch(url, {"name": "Bob"})
    client.patch(url, {"name": "Bob"})
    gone = client.delete(url)

    assert (made.status_code, gone.status_code, gone.content) == (201, 204, b"")
    with tenant_scope(tenant):
        assert not Extension.objects.exists()
        trail = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in trail] == [
        "extension.created",
        "extension.updated",
        "extension.deleted",
    ]
    assert (trail[1].before, trail[1].after) == ({"name": "Anna"}, {"name": "Bob"})
    assert {(entry.actor_kind, entry.address) for entry in trail} == {("key", "127.0.0.1")}


def test_a_taken_value_names_its_field(client, tenant):
    make_extension(tenant, "150")
    other = make_extension(tenant, "151")

    for answer in (
        client.post(LIST, {"number": "150"}),
        client.patch(f"{LIST}/{other.pk}", {"number": "150"}),
    ):
        body = problem(answer, 400)
        assert [(error["field"], error["code"]) for error in body["errors"]] == [("number", "unique")]
    with all_tenants():
        assert not AuditEntry.objects.exists()


def test_every_mistake_is_named_also_deep_inside(client):
    answer = client.post(
        "/api/v1/test-orders", {"lines": [{"price": 1}, {"price": "x"}, {}], "address": {"a": "b"}}
    )

    fields = {error["field"]: error["code"] for error in problem(answer, 400)["errors"]}
    assert fields == {"lines[1].price": "invalid", "lines[2].price": "required", "address.a": "invalid"}


@pytest.mark.parametrize(
    ("error", "status", "code", "title"),
    [
        ("config", 422, "config", "Unprocessable Entity"),
        ("transient", 503, "transient", "Service Unavailable"),
        ("limited", 429, "throttled", "Too Many Requests"),
    ],
)
def test_errors_of_outside_systems_are_told(client, error, status, code, title):
    answer = client.post("/api/v1/test-errors", {"error": error})

    body = problem(answer, status)
    assert (body["code"], body["title"]) == (code, title)
    assert answer.headers.get("Retry-After") == ("7" if error == "limited" else None)


# Hostile bodies


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"number": "1",}',
        b"\xff\xfe",
        b'{"number": "\xed\xa0\x80"}',
        rb'{"number": "1", "name": "\ud800"}',
        rb'{"number": "1", "name": "\u0000"}',
        rb'{"number": "1", "\u0000": 1}',
        b'{"number": "1", "name": "\x00"}',
        b'{"number": NaN}',
        b'{"number": Infinity}',
        b'{"number": 1e999}',
        b'{"number": 123456789012345678901234567890}',
        b"[" * 100_000,
        b'{"number": "1", "x": ' + b"[" * 40 + b"]" * 40 + b"}",
        b"null",
        b"[]",
        b'"text"',
        b"5",
    ],
)
def test_a_hostile_body_is_a_400(client, body):
    answer = client.post(LIST, body, content_type="application/json")

    problem(answer, 400)
    with all_tenants():
        assert not Extension.objects.exists()


def test_an_escaped_backslash_before_u0000_is_text(client):
    answer = client.post(LIST, rb'{"number": "1", "name": "\\u0000"}', content_type="application/json")

    assert answer.json()["name"] == r"\u0000"


def test_a_body_over_the_limit_is_a_413(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    problem(client.post(LIST, b" " * 1001, content_type="application/json"), 413)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_another_kind_of_body_is_a_415(client, content_type):
    problem(client.generic("POST", LIST, b"number=1", content_type=content_type), 415)


@pytest.mark.parametrize("id_", ["x", "%00", "1", "0" * 400, "..%2f", "00000000-0000-0000-0000-000000000000"])
def test_a_hostile_id_is_a_404(client, id_):
    assert client.get(f"{LIST}/{id_}").status_code == 404


def test_a_nul_in_the_address_is_no_500(client):
    assert client.get(LIST, {"name": "\x00"}).status_code in (200, 400)


def test_other_methods_are_a_405(client):
    problem(client.generic("TRACE", LIST), 405)
    problem(client.put(LIST, {}), 405)


def test_head_and_options(client):
    assert client.head(LIST).status_code == 200
    assert client.head(LIST).content == b""
    assert client.options(LIST).status_code == 200


# Paging


def test_pages_are_walked_by_cursor_without_repeats(client, tenant, django_assert_num_queries):
    for number in range(7):
        make_extension(tenant, str(number))
    client.get(LIST)
    seen, url = [], f"{LIST}?page_size=3"
    while url:
        with django_assert_num_queries(1):
            page = client.get(url).json()
        seen += [row["number"] for row in page["results"]]
        if len(seen) == 3:
            make_extension(tenant, "99")
        url = page["next"]

    assert seen == ["6", "5", "4", "3", "2", "1", "0"]


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "value", ["x", "%00", cursor("p=nonsense"), cursor("p=%00"), cursor("o=-5&r=1"), cursor("o=9" * 50)]
)
def test_a_hostile_cursor_is_no_500(client, value):
    assert client.get(f"{LIST}?cursor={value}").status_code in (200, 400, 404)


@pytest.mark.parametrize("size", ["0", "-1", "x", "1e9", "9" * 5000])
def test_a_hostile_page_size_is_bounded(client, size):
    assert client.get(f"{LIST}?page_size={size}").status_code == 200

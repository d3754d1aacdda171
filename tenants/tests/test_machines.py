"""API keys: hashed, limited in scope, time and place, rotated and revoked, and every step on record."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tenants import keys
from tenants.actions.change_key import change_key
from tenants.actions.rotate_key import LONGEST_OVERLAP, rotate_key
from tenants.errors import ConfigError
from tenants.models import ApiKey, AuditEntry
from tenants.models.api_key import digest
from tenants.scopes import known_scopes, resources
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tenants.usage import Usage, usage
from tests.processes import wait_for

ME, KEYS = "/api/v1/me", "/api/v1/api-keys"


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture(autouse=True)
def _nothing_noted():
    usage._pending.clear()
    usage._written.clear()


def asked(plain: str, address: str = "203.0.113.7", path: str = ME):
    return Client(REMOTE_ADDR=address).get(path, headers={"Authorization": f"Bearer {plain}"})


def api(plain: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {plain}"})


def trail() -> list[str]:
    return list(AuditEntry._base_manager.order_by("id").values_list("action", flat=True))


# What is stored


@pytest.mark.django_db
def test_a_key_is_stored_as_a_digest_only(tenant):
    client = APIClient()
    client.force_login(make_member(tenant, "owner").user)

    made = client.post(KEYS, {"name": "ci", "scopes": ["calls:read"]})

    assert made.status_code == 201
    plain = made.json()["key"]
    assert made.json()["prefix"] == plain[:12]
    stored = json.dumps(ApiKey._base_manager.values().get(), default=str)
    assert plain not in stored
    assert plain[12:] not in stored
    assert digest(plain) in stored
    assert plain not in client.get(f"{KEYS}/{made.json()['id']}").content.decode()
    assert plain not in json.dumps(list(AuditEntry._base_manager.values()), default=str)
    assert asked(plain).status_code == 200


@pytest.mark.django_db
def test_the_database_is_asked_for_digests_never_for_keys(tenant, django_assert_num_queries):
    """How long a look-up takes must not say how much of a key is right."""
    _key, plain = make_api_key(tenant)

    with django_assert_num_queries(1) as asked_for:
        keys.find_key(plain)

    sql = asked_for.captured_queries[0]["sql"]
    assert digest(plain) in sql
    assert plain not in sql
    assert plain[:12] not in sql


# Scopes


def test_the_registry_is_what_the_views_ask_for():
    by_name = {one.name: one for one in resources()}

    assert by_name["calls"].scopes == ["calls:read", "calls:write"]
    assert by_name["audit"].scopes == ["audit:read"]
    assert by_name["endpoints"].scopes == ["endpoints:read", "endpoints:write"]
    assert by_name["exports"].scopes == ["exports:read", "exports:write"]
    assert {"api-keys:write", "events:read", "integrations:write"} <= set(known_scopes())
    assert "me" not in by_name


@pytest.mark.django_db
@pytest.mark.parametrize("scope", ["calls", "audit:write", "nothing:read", "calls:delete", "", "*:*"])
def test_an_unknown_scope_is_refused_by_name(tenant, scope):
    _key, plain = make_api_key(tenant)

    answer = api(plain).post(KEYS, {"name": "x", "scopes": ["calls:read", scope]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"].startswith("scopes")
    assert ApiKey._base_manager.count() == 1


@pytest.mark.django_db
def test_a_missing_scope_is_named(tenant):
    _key, plain = make_api_key(tenant, ["events:read"])

    answer = asked(plain, path="/api/v1/calls")

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "calls:read" in answer.json()["detail"]


@pytest.mark.django_db
def test_a_key_hands_on_only_what_it_has(tenant):
    weak, plain = make_api_key(tenant, ["api-keys:*", "calls:read"])
    strong, _plain = make_api_key(tenant, ["*"])
    client = api(plain)

    refused = [
        client.post(KEYS, {"name": "more", "scopes": ["*"]}),
        client.post(KEYS, {"name": "more", "scopes": ["endpoints:read"]}),
        client.patch(f"{KEYS}/{weak.pk}", {"scopes": ["*"]}),
        client.patch(f"{KEYS}/{strong.pk}", {"name": "mine"}),
        client.post(f"{KEYS}/{strong.pk}/rotate"),
        client.delete(f"{KEYS}/{strong.pk}"),
    ]

    assert [answer.status_code for answer in refused] == [403] * 6
    assert client.post(KEYS, {"name": "same", "scopes": ["calls:read"]}).status_code == 201
    assert client.post(f"{KEYS}/{weak.pk}/rotate").status_code == 200


@pytest.mark.django_db
def test_only_administrators_see_keys(tenant):
    client = APIClient()
    client.force_login(make_member(tenant, "manager").user)

    assert client.get(KEYS).status_code == 403
    assert client.post(KEYS, {"name": "x", "scopes": ["*"]}).status_code == 403


# Where and when


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("networks", "address", "is_let_in"),
    [
        (["203.0.113.0/24"], "203.0.113.200", True),
        (["203.0.113.0/24"], "203.0.114.1", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.200", True),
        (["203.0.113.7"], "203.0.113.7", True),
        (["2001:db8::/32"], "2001:db8:1::5", True),
        (["2001:db8::/32"], "2001:db9::5", False),
        (["2001:db8::/32"], "203.0.113.7", False),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["0.0.0.0/0"], "", False),
        ([], "198.51.100.1", True),
    ],
)
def test_a_key_works_from_its_addresses_only(tenant, networks, address, is_let_in):
    _key, plain = make_api_key(tenant, allowed_networks=networks)

    answer = asked(plain, address)

    assert answer.status_code == (200 if is_let_in else 403)
    if not is_let_in:
        assert answer.json()["code"] == "address_not_allowed"
        assert trail() == ["apikey.refused"]
        assert not usage._pending


@pytest.mark.django_db
@pytest.mark.parametrize(
    "network", ["10.0.0.1/8", "10.0.0.0/33", "example.com", "1.2.3", "::g", "10.0.0.0/8/8"]
)
def test_a_network_that_is_none_is_refused_by_name(tenant, network):
    _key, plain = make_api_key(tenant)

    answer = api(plain).post(
        KEYS, {"name": "x", "scopes": ["*"], "allowed_networks": ["10.0.0.0/8", network]}
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "allowed_networks"


@pytest.mark.django_db
def test_a_forged_forwarding_header_does_not_help(tenant):
    _key, plain = make_api_key(tenant, allowed_networks=["10.0.0.0/8"])
    forged = {"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X-Real-IP": "10.0.0.1"}

    answer = Client(REMOTE_ADDR="203.0.113.7").get(ME, headers={"X-API-Key": plain, **forged})

    assert answer.status_code == 403


@pytest.mark.django_db
def test_a_remembered_key_ends_with_its_time(tenant, django_assert_num_queries):
    _key, plain = make_api_key(tenant, expires_at=timezone.now() + timedelta(hours=1))
    assert asked(plain).status_code == 200
    remembered = keys._memory.peek(digest(plain))
    remembered.expires_at = timezone.now()

    refused = asked(plain)

    assert (refused.status_code, refused.json()["detail"]) == (401, "This API key has expired.")
    assert trail() == ["apikey.refused"]


# Rotation and revocation


@pytest.mark.django_db
def test_after_a_rotation_both_keys_work_until_the_overlap_ends(tenant):
    key, old = make_api_key(tenant)
    assert asked(old).status_code == 200

    answer = api(old).post(f"{KEYS}/{key.pk}/rotate", {"overlap_hours": 1})

    new = answer.json()["key"]
    assert [asked(old).status_code, asked(new).status_code] == [200, 200]
    remembered = keys._memory.peek(digest(old))
    remembered.presented_until = timezone.now()
    assert [asked(old).status_code, asked(new).status_code] == [401, 200]
    assert asked(old).json()["detail"] == "This API key has expired."
    ends = api(new).get(ME).json()["expires_at"]
    assert ends is None


@pytest.mark.django_db
def test_a_rotation_without_overlap_ends_the_old_key_at_once(tenant):
    key, old = make_api_key(tenant)
    assert asked(old).status_code == 200

    with tenant_scope(tenant):
        new = rotate_key(key, timedelta(0))

    assert [asked(old).status_code, asked(new).status_code] == [401, 200]


@pytest.mark.django_db
def test_a_second_rotation_ends_the_first_ones_old_key(tenant):
    key, first = make_api_key(tenant)
    with tenant_scope(tenant):
        second = rotate_key(key)
        third = rotate_key(key)

    assert [asked(one).status_code for one in (first, second, third)] == [401, 200, 200]
    assert trail().count("apikey.rotated") == 2


@pytest.mark.django_db
def test_an_overlap_has_bounds(tenant):
    key, plain = make_api_key(tenant)

    for hours in (-1, 24 * 31, "x", None, 1e9):
        answer = api(plain).post(f"{KEYS}/{key.pk}/rotate", {"overlap_hours": hours})
        assert answer.json()["errors"][0]["field"] == "overlap_hours"
    with pytest.raises(ConfigError), tenant_scope(tenant):
        rotate_key(key, LONGEST_OVERLAP + timedelta(seconds=1))
    assert asked(plain).status_code == 200


@pytest.mark.django_db
def test_a_revoked_key_is_refused_at_once(tenant):
    key, plain = make_api_key(tenant)
    _other, administrator = make_api_key(tenant)
    assert asked(plain).status_code == 200

    api(administrator).patch(f"{KEYS}/{key.pk}", {"is_active": False})

    assert asked(plain).status_code == 401
    assert trail() == ["apikey.revoked", "apikey.refused"]
    api(administrator).patch(f"{KEYS}/{key.pk}", {"is_active": True})
    assert asked(plain).status_code == 200


@pytest.mark.django_db
def test_a_deleted_key_is_refused_at_once(tenant):
    key, plain = make_api_key(tenant)
    _other, administrator = make_api_key(tenant)
    assert asked(plain).status_code == 200

    assert api(administrator).delete(f"{KEYS}/{key.pk}").status_code == 204

    assert asked(plain).status_code == 401


@pytest.mark.django_db
def test_another_process_follows_within_ten_seconds(tenant, monkeypatch):
    key, plain = make_api_key(tenant)
    assert asked(plain).status_code == 200
    ApiKey._base_manager.filter(pk=key.pk).update(is_active=False)  # nobody tells this process
    now = keys.time.monotonic()

    monkeypatch.setattr(keys.time, "monotonic", lambda: now + 9.5)
    assert asked(plain).status_code == 200
    monkeypatch.setattr(keys.time, "monotonic", lambda: now + 10.5)
    assert asked(plain).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_look_up_that_began_before_the_revocation_does_not_bring_the_key_back(tenant):
    key, plain = make_api_key(tenant)
    is_read, is_revoked = threading.Event(), threading.Event()

    def slow_reader(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        is_read.set()
        assert is_revoked.wait(60)
        return found

    def look_up():
        with connection.execute_wrapper(slow_reader):
            keys.find_key(plain)
        connection.close()

    reader = threading.Thread(target=look_up)
    reader.start()
    assert is_read.wait(60)
    with transaction.atomic(), tenant_scope(tenant):
        key.is_active = False
        change_key(key)
    is_revoked.set()
    reader.join()

    assert asked(plain).status_code == 401


@pytest.mark.django_db
def test_misuse_is_recorded_once_a_minute(tenant):
    _key, plain = make_api_key(tenant, is_active=False)

    for _ in range(5):
        asked(plain)

    entry = AuditEntry._base_manager.get()
    assert (entry.action, entry.tenant, entry.address, entry.after) == (
        "apikey.refused",
        tenant,
        "203.0.113.7",
        {"reason": "inactive"},
    )


# Last used


@pytest.mark.django_db
def test_uses_are_gathered_and_written_apart_from_the_request(tenant, django_assert_num_queries):
    key, plain = make_api_key(tenant)
    asked(plain)

    with django_assert_num_queries(0):
        for _ in range(10):
            asked(plain, "198.51.100.5")
    assert ApiKey._base_manager.get().last_used_at is None
    assert usage.flush() == 1

    stored = ApiKey._base_manager.get(pk=key.pk)
    assert stored.last_used_at is not None
    assert timezone.now() - stored.last_used_at < timedelta(minutes=1)
    assert stored.last_used_from == "198.51.100.5"


@pytest.mark.django_db
def test_a_use_is_written_once_a_minute_at_most(tenant, monkeypatch):
    key, _plain = make_api_key(tenant)
    one, other_process = Usage(), Usage()
    one.note(key, "203.0.113.7")
    assert one.flush() == 1

    one.note(key, "203.0.113.7")
    other_process.note(key, "203.0.113.7")

    assert (one.flush(), other_process.flush()) == (0, 0)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    other_process._written.clear()
    other_process.note(key, "203.0.113.7")
    assert other_process.flush() == 1


@pytest.mark.django_db(transaction=True)
def test_a_thread_of_its_own_writes_uses(tenant, settings):
    settings.WAKE_WORKERS = True
    key, _plain = make_api_key(tenant)
    gathering = Usage(gather=0.01)

    gathering.note(key, None)

    wait_for(lambda: ApiKey._base_manager.get().last_used_at, 60, "the use was never written")
    assert threading.current_thread() is not gathering._thread


# Speed


@pytest.mark.django_db
def test_a_known_key_costs_no_query(tenant, django_assert_num_queries):
    _key, plain = make_api_key(tenant, allowed_networks=["203.0.113.0/24"], requests_per_minute=100)
    with django_assert_num_queries(1):
        asked(plain)

    with django_assert_num_queries(0):
        assert asked(plain).status_code == 200

"""Addresses of endpoints and what sources sent may hold secrets: sealed at rest, and shown to those who may change them."""

import logging
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from config.env import new_encryption_key
from tenants.models import AuditEntry, Event, Role
from tenants.rotation import BATCH_OF_BYTES, columns, keys_in_use, rotate
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tests.former_migrations import by_former_steps
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.lanes.targets import Targets
from webhooks.models import Endpoint, Inbound
from webhooks.tests.factories import make_endpoint, make_inbound, make_source

URL = "https://hooks.example.com/services/T00000000/veryhiddenpart?token=alsohidden"
SHOWN = "https://hooks.example.com/serv…"
HIDDEN = ("T00000000", "veryhiddenpart", "alsohidden")


def raw(model: Any, name: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {model._meta.db_table}")
        [(value,)] = cursor.fetchall()
    return bytes(value) if isinstance(value, memoryview) else value


def hidden_in(text: Any) -> list[str]:
    return [part for part in HIDDEN if part in str(text)]


@pytest.fixture
def endpoint(tenant) -> Endpoint:
    return make_endpoint(tenant, URL, name="Feed")[0]


def person(tenant, role) -> Client:
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


def machine(tenant, *scopes) -> Client:
    return Client(headers={"x-api-key": make_api_key(tenant, list(scopes))[1]})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, SHOWN),
        ("https://example.com/", "https://example.com/"),
        ("https://example.com:8443/hook", "https://example.com:8443/hook…"),
        ("https://example.com/?key=1", "https://example.com/…"),
    ],
)
def test_enough_is_shown_to_recognise_it_by(url, shown):
    assert Endpoint(url=url).shown_url == shown


def test_the_database_has_the_host_only(endpoint):
    assert raw(Endpoint, "url").startswith("sb1.")
    assert raw(Endpoint, "host") == "hooks.example.com"
    assert Endpoint._base_manager.get().url == URL


def test_a_changed_address_changes_the_host(endpoint):
    endpoint.url = "https://other.example.com/x"
    endpoint.save(update_fields=["url"])

    assert raw(Endpoint, "host") == "other.example.com"


@pytest.mark.parametrize("scopes", [["endpoints:*"], ["*"], ["endpoints:read", "endpoints:write"]])
def test_machines_that_may_change_it_read_it(endpoint, tenant, scopes):
    answer = machine(tenant, *scopes).get(f"/api/v1/endpoints/{endpoint.pk}")

    assert answer.json()["url"] == URL


def test_machines_that_may_only_read_do_not(endpoint, tenant):
    client = machine(tenant, "endpoints:read")

    for address in ("/api/v1/endpoints", f"/api/v1/endpoints/{endpoint.pk}"):
        answer = client.get(address)
        assert SHOWN in answer.content.decode()
        assert hidden_in(answer.content) == []


@pytest.mark.parametrize(("role", "is_full"), [(Role.ADMIN, True), (Role.MANAGER, False)])
def test_people_by_their_role(endpoint, tenant, role, is_full):
    client = person(tenant, role)
    listed = client.get(reverse("admin:webhooks_endpoint_changelist"), {"q": "hooks.example"})
    page = client.get(reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]))
    resource = client.get(f"/api/v1/endpoints/{endpoint.pk}")

    assert (listed.status_code, page.status_code, resource.status_code) == (200, 200, 200)
    assert SHOWN in listed.content.decode()
    assert hidden_in(listed.content) == []
    assert hidden_in(page.content) == (list(HIDDEN) if is_full else [])
    assert hidden_in(resource.content) == (list(HIDDEN) if is_full else [])


def test_neither_the_trail_nor_events_tell_it(endpoint, tenant):
    with all_tenants():
        disable_endpoint(endpoint)

    assert Event._base_manager.get().data["url"] == SHOWN
    assert hidden_in(list(AuditEntry._base_manager.values_list("before", "after"))) == []


def test_a_change_of_it_is_on_record_without_it(endpoint, tenant):
    client = person(tenant, Role.OWNER)
    form = {"name": "Feed", "url": f"{URL}2", "events": ["*"], "format": "standard", "headers": ""}
    assert client.post(reverse("admin:webhooks_endpoint_change", args=[endpoint.pk]), form).status_code == 302

    entry = AuditEntry._base_manager.get(action="endpoint.updated")
    assert (entry.before["url"], entry.after["url"]) == ("•••", "•••")


def test_one_that_does_not_open_stops_no_other(endpoint, tenant, caplog):
    broken, _secret = make_endpoint(tenant, URL)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhooks_endpoint SET url = 'sb1.gone.AAAA' WHERE name = %s", [broken.name])
    wanted = {one.pk: one.revision for one in (endpoint, broken)}

    with all_tenants(), caplog.at_level(logging.ERROR):
        found = Targets().get(wanted)

    assert [target.url for target in found.values()] == [URL]
    assert str(broken.pk) in caplog.text


def test_a_request_is_sealed_as_a_whole(tenant):
    row = make_inbound(
        make_source(tenant), b'{"card": "hidden \xff"}', query="customer=hidden", headers={"x-note": "hidden"}
    )

    for name in ("query", "headers", "body"):
        stored = raw(Inbound, name)
        assert stored[:4] in ("sb1.", b"sb1.")
        assert "hidden" not in str(stored)
    assert (bytes(row.body), row.query, row.headers["x-note"]) == (
        b'{"card": "hidden \xff"}',
        "customer=hidden",
        "hidden",
    )


def test_they_are_rotated_like_everything(endpoint, tenant, settings):
    rows = [make_inbound(make_source(tenant), b"%d \xff" % n, query="a=b") for n in range(3)]
    key = new_encryption_key()
    settings.ENCRYPTION_KEYS = [key, *settings.ENCRYPTION_KEYS]

    call_command("rotate_keys", batch=2, stdout=StringIO())

    settings.ENCRYPTION_KEYS = [key]
    assert set(keys_in_use()) == {key.partition(":")[0]}
    assert Endpoint._base_manager.get().url == URL
    stored = Inbound._base_manager.order_by("id").values_list("body", "query")
    assert list(stored) == [(row.body, "a=b") for row in rows]


def test_rotation_takes_few_bodies_at_a_time(tenant, settings):
    source = make_source(tenant)
    for _ in range(BATCH_OF_BYTES + 1):
        make_inbound(source)
    settings.ENCRYPTION_KEYS = [new_encryption_key(), *settings.ENCRYPTION_KEYS]
    [column] = [one for one in columns() if one.name == "webhooks.Inbound.body"]

    assert [step.done for step in rotate(column)] == [BATCH_OF_BYTES, BATCH_OF_BYTES + 1]


@pytest.mark.history
@pytest.mark.django_db(transaction=True)
def test_what_was_stored_before_is_sealed_by_the_migration():
    tenant = make_tenant()
    count = 2 * import_module("webhooks.migrations.0004_sealed_urls_and_requests").BATCH + 1
    try:
        before = migrated("0003_sealed_headers")
        before.get_model("webhooks.Endpoint").objects.create(
            tenant_id=tenant.pk, name="Feed", url=URL, headers={"X-Shop": "7"}
        )
        source = before.get_model("webhooks.Source").objects.create(
            tenant_id=tenant.pk, name="Shop", preset="github", secret="secret", public_id="a" * 16
        )
        columns = {"query": "a=b", "headers": {"a": "b"}, "body": b"plain \xff"}
        before.get_model("webhooks.Inbound").objects.bulk_create(
            before.get_model("webhooks.Inbound")(
                tenant_id=tenant.pk, source_id=source.pk, dedup_key=str(n), **columns
            )
            for n in range(count)
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())

    assert [raw(Endpoint, name)[:4] for name in ("url", "headers")] == ["sb1.", "sb1."]
    found = Endpoint._base_manager.get()
    assert (found.url, found.host, found.headers) == (URL, "hooks.example.com", {"X-Shop": "7"})
    rows = list(Inbound._base_manager.values("query", "headers", "body"))
    assert rows == [columns] * count


def migrated(name: str) -> Any:
    """The models after this migration of the room, which the database is brought to."""
    executor = by_former_steps(MigrationExecutor(connection))
    executor.migrate([("webhooks", name)])
    return executor.loader.project_state(("webhooks", name)).apps

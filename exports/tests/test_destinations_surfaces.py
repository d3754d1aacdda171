"""Destinations in the API, the admin and the configuration file: what they take, refuse, and never show."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from exports.actions.save_destination import create_destination
from exports.admin.destination_form import form_for
from exports.destinations import KINDS
from exports.models import Export, ExportDestination
from exports.tests.carrying import ask_for, carry, make_destination, shipment_of
from exports.tests.support import make_entries, run
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import AuditEntry, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tests.outside.webdav import WebDavServer

URL = "/api/v1/export-destinations"
PAGES = "/admin/exports/exportdestination/"
SECRET = "canary-of-a-destination"


@pytest.fixture(autouse=True)
def _installation(settings: Any) -> None:
    settings.EGRESS_ALLOW = "127.0.0.0/8"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WebDavServer]:
    folder = tmp_path / "cloud"
    folder.mkdir()
    with WebDavServer(folder, password=SECRET) as running:
        yield running


def caller(tenant: Tenant, *scopes: str) -> Client:
    key = make_api_key(tenant, list(scopes) or ["*"])[1]
    return Client(headers={"Authorization": f"Bearer {key}"})


def body(server: WebDavServer, **more: Any) -> dict[str, Any]:
    return {
        "name": "Cloud",
        "kind": "webdav",
        "settings": {"url": server.url, "username": "hub"},
        "credentials": {"password": SECRET},
        **more,
    }


def post(client: Client, address: str, data: Any = None) -> Any:
    return client.post(address, data or {}, content_type="application/json")


def the_destination() -> ExportDestination:
    with all_tenants():
        return ExportDestination.objects.get()


def test_a_destination_is_made_tried_used_and_removed(tenant: Tenant, server: WebDavServer) -> None:
    client = caller(tenant)

    made = post(client, URL, body(server))
    assert made.status_code == 201, made.content
    address = f"{URL}/{made.json()['id']}"
    assert made.json()["credentials"] == {"password": "•••"}
    assert made.json()["settings"]["existing"] == "replace"
    assert SECRET not in made.content.decode()
    tried = post(client, f"{address}/test").json()
    assert (tried["works"], tried["code"]) == (True, "")

    make_entries(tenant, 1)
    asked = post(
        client,
        "/api/v1/exports",
        {"dataset": "audit", "format": "csv", "destinations": [made.json()["id"]]},
    )
    assert asked.status_code == 201, asked.content
    with all_tenants():
        run(Export.objects.get())
    carry()
    [shipment] = client.get(f"/api/v1/exports/{asked.json()['id']}").json()["shipments"]
    assert (shipment["state"], shipment["destination_name"]) == ("done", "Cloud")
    assert post(client, f"/api/v1/export-shipments/{shipment['id']}/resend").status_code == 202

    assert client.delete(address).status_code == 204
    [shipment] = client.get("/api/v1/export-shipments").json()["results"]
    assert (shipment["state"], shipment["error_code"], shipment["destination"]) == (
        "cancelled",
        "removed",
        None,
    )
    with tenant_scope(tenant):
        trail = list(AuditEntry.objects.filter(action__startswith="exportdestination").order_by("id"))
    assert [one.action for one in trail] == [
        f"exportdestination.{verb}" for verb in ("created", "tested", "deleted")
    ]
    assert SECRET not in str([(one.before, one.after) for one in trail])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"kind": "ftp"}, "kind"),
        ({"file_name": "../{date}"}, "file_name"),
        ({"file_name": "{dated}"}, "file_name"),
        ({"file_name": "{date"}, "file_name"),
        ({"file_name": "{0.__class__}"}, "file_name"),
        ({"settings": {}}, "settings.url"),
        ({"settings": {"url": "ftp://x"}}, "settings.url"),
        ({"settings": {"url": "http://169.254.169.254/"}}, "settings.url"),
        ({"settings": {"url": ["x"]}}, "settings.url"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
        ({"credentials": {}}, "credentials.password"),
        ({"credentials": {"secret": "x"}}, "credentials.secret"),
        ({"colour": "red"}, "colour"),
        ({"kind": "sftp", "settings": {"host_key": "x"}}, "settings.host_key"),
        ({"kind": "sftp", "settings": {"port": 0}}, "settings.port"),
        ({"kind": "sftp", "settings": {"login": "key"}, "credentials": {"private_key": "x"}}, "credentials.private_key"),
        ({"kind": "email", "settings": {"addresses": ["x"]}, "credentials": {}}, "settings.addresses"),
        ({"kind": "s3", "settings": {"path_style": "no"}}, "settings.path_style"),
        ({"kind": "s3", "settings": {"key_id": "ключ"}}, "settings.key_id"),
        ({"kind": "s3", "settings": {"region": "регион"}}, "settings.region"),
        ({"settings": {"url": "http://127.0.0.1:8123/", "login": "bearer"}, "credentials": {"token": "токен"}}, "credentials.token"),
        ({"settings": {"url": "http://127.0.0.1:8123/", "login": "bearer"}, "credentials": {"token": "t0ken\n"}}, "credentials.token"),
    ],
)  # fmt: skip
def test_bad_input_names_the_field(tenant: Tenant, server: WebDavServer, change: Any, field: str) -> None:
    refused = post(caller(tenant), URL, body(server) | change)

    assert refused.status_code == 400
    assert field in {error["field"] for error in refused.json()["errors"]}, refused.json()
    with all_tenants():
        assert not ExportDestination.objects.exists()


def test_names_are_unique_in_a_company(tenant: Tenant, server: WebDavServer) -> None:
    make_destination(make_tenant(), server)
    client = caller(tenant)

    assert post(client, URL, body(server)).status_code == 201
    refused = post(client, URL, body(server))

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "name")


def test_a_stored_secret_is_kept_but_not_sent_elsewhere(tenant: Tenant, server: WebDavServer) -> None:
    client, row = caller(tenant), make_destination(tenant, server)
    address = f"{URL}/{row.pk}"

    def change(**values: Any) -> Any:
        return client.patch(address, values, content_type="application/json")

    moved = {"url": "https://another.example.com/", "username": "hub"}
    assert change(name="Renamed", settings={**moved, "url": f"{server.url}sub/"}).status_code == 200
    assert the_destination().credentials == {"password": SECRET}
    refused = change(settings=moved)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "credentials.password")
    assert change(settings=moved, credentials={"password": "new"}).status_code == 200
    assert the_destination().credentials == {"password": "new"}
    assert change(enabled=False).json()["enabled"] is False


def test_a_failing_test_says_why(tenant: Tenant, server: WebDavServer) -> None:
    row = make_destination(tenant, server, credentials={"password": "wr0ng-pass"})

    tried = post(caller(tenant), f"{URL}/{row.pk}/test").json()

    assert (tried["works"], tried["code"]) == (False, "refused")
    assert "wr0ng-pass" not in str(tried)
    assert the_destination().last_failure_reason == tried["text"]


def test_another_companys_destination_is_not_there(tenant: Tenant, server: WebDavServer) -> None:
    theirs = make_destination(make_tenant(), server)
    client = caller(tenant)

    assert client.get(f"{URL}/{theirs.pk}").status_code == 404
    assert client.delete(f"{URL}/{theirs.pk}").status_code == 404
    assert post(client, f"{URL}/{theirs.pk}/test").status_code == 404
    refused = post(client, "/api/v1/exports", {"dataset": "audit", "destinations": [str(theirs.pk)]})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "destinations")
    assert server.asked == []


def test_lists_cost_the_same_however_long(
    tenant: Tenant, server: WebDavServer, django_assert_max_num_queries: Any
) -> None:
    rows = [make_destination(tenant, server, name=str(number)) for number in range(4)]
    for _turn in range(3):
        ask_for(tenant, *rows)
    client = caller(tenant)
    client.get(URL)

    with django_assert_max_num_queries(8):
        assert len(client.get(URL).json()["results"]) == 4
    with django_assert_max_num_queries(8):
        assert len(client.get("/api/v1/export-shipments").json()["results"]) == 12
    with django_assert_max_num_queries(9):
        assert [len(one["shipments"]) for one in client.get("/api/v1/exports").json()["results"]] == [4] * 3


SAMPLE = """
tenants:
- number: "0367"
  name: June
  export_destinations:
  - name: Cloud
    kind: webdav
    file_name: calls-{date}
    settings: {url: "https://cloud.example.com/dav/", username: hub}
    credentials: {password: canary-of-a-destination}
"""


@pytest.mark.django_db
def test_the_configuration_file_there_and_back() -> None:
    first, second = apply_text(SAMPLE), apply_text(SAMPLE)
    assert [str(one) for one in first.changes][1:] == ["+ export destination Cloud (kind: 'webdav')"]
    assert second.changes == []
    assert SECRET not in str(dump_tenants())
    full = yaml.safe_dump(dump_tenants(secrets=True), allow_unicode=True)
    assert SECRET in full
    assert apply_text(full).changes == []

    changed = apply_text(SAMPLE.replace("calls-{date}", "x-{date}"))
    assert [str(one) for one in changed.changes] == ["~ export destination Cloud"]
    with pytest.raises(ConfigurationError, match=r"line 9, .*settings\.url: "):
        apply_text(SAMPLE.replace("https:", "ftp:"))
    with pytest.raises(ConfigurationError, match=r"line 7, .*exists already"):
        apply_text(SAMPLE.replace("kind: webdav", "kind: sftp"))


@pytest.fixture
def administrator(tenant: Tenant, client: Client) -> Client:
    client.force_login(make_member(tenant, "admin").user)
    return client


def form(server: WebDavServer, **more: Any) -> dict[str, Any]:
    return {
        "name": "Cloud",
        "file_name": "audit-{date}",
        "is_enabled": "on",
        "settings__url": server.url,
        "settings__login": "basic",
        "settings__username": "hub",
        "settings__existing": "replace",
        "credentials__password": SECRET,
        **more,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_form(administrator: Client, kind: str) -> None:
    chooser = administrator.get(f"{PAGES}add/").content.decode()
    page = administrator.get(f"{PAGES}add/?kind={kind}").content.decode()

    assert f'href="?kind={kind}"' in chooser
    for name in KINDS[kind].form.settings():
        assert f'name="settings__{name}"' in page
    assert administrator.post(f"{PAGES}add/?kind={kind}", {"name": "x", "file_name": "x"}).status_code == 200
    with all_tenants():
        assert not ExportDestination.objects.exists()


def test_a_person_sets_one_up_and_tries_it(administrator: Client, server: WebDavServer) -> None:
    saved = administrator.post(f"{PAGES}add/?kind=webdav", form(server))
    assert saved.status_code == 302, saved.content.decode()
    row = the_destination()
    assert (row.settings["url"], row.credentials) == (server.url, {"password": SECRET})
    address = f"{PAGES}{row.pk}/change/"
    assert SECRET not in administrator.get(address).content.decode()

    tried = administrator.post(f"{PAGES}{row.pk}/try/", follow=True).content.decode()
    assert "It works" in tried
    again = administrator.post(address, form(server, name="Renamed", credentials__password=""))
    assert again.status_code == 302
    assert (the_destination().name, the_destination().credentials) == ("Renamed", {"password": SECRET})
    refused = administrator.post(
        address, form(server, settings__url="ftp://x", credentials__password="ttyped-secret")
    )
    assert "must begin with http" in refused.content.decode()
    assert "ttyped-secret" not in refused.content.decode()
    assert administrator.get(PAGES).status_code == 200
    assert administrator.post(f"{PAGES}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    with all_tenants():
        assert not ExportDestination.objects.exists()


@pytest.mark.parametrize("role", ["manager", "agent", "viewer"])
def test_destinations_are_for_owners_and_admins(
    tenant: Tenant, client: Client, server: WebDavServer, role: str
) -> None:
    row = make_destination(tenant, server)
    client.force_login(make_member(tenant, role).user)

    assert client.get(PAGES).status_code in (302, 403)
    assert client.get(f"{PAGES}{row.pk}/change/").status_code in (302, 403)
    assert client.post(f"{PAGES}{row.pk}/try/").status_code in (403, 404)
    assert client.get(URL).status_code == 403
    assert server.asked == []


def test_the_page_of_an_export_tells_where_it_went_and_sends_again(
    tenant: Tenant, administrator: Client, server: WebDavServer
) -> None:
    server.troubles["PUT"] = 507
    export = run(ask_for(tenant, make_destination(tenant, server)))
    carry()

    page = administrator.get(f"/admin/exports/export/{export.pk}/change/").content.decode()
    assert "There is no room" in page
    server.troubles.clear()
    told = administrator.post(
        f"/admin/exports/export/shipments/{shipment_of(export).pk}/resend/", follow=True
    )
    assert "on its way to Cloud" in told.content.decode()
    carry()

    assert shipment_of(export).state == "done"
    page = administrator.get(f"{PAGES}{the_destination().pk}/change/").content.decode()
    assert shipment_of(export).file_name in page


@pytest.mark.parametrize(
    ("kind", "required", "optional"),
    [
        ("sftp", {"settings__host", "settings__host_key", "settings__username"}, {"settings__port", "settings__folder"}),
        ("s3", {"settings__endpoint", "settings__bucket", "settings__key_id"}, {"settings__region", "settings__path_style"}),
        ("email", {"settings__addresses"}, {"settings__subject", "settings__largest_mb"}),
        ("webdav", {"settings__url"}, {"settings__username", "credentials__password"}),
    ],
)  # fmt: skip
def test_the_form_marks_what_is_needed(kind: str, required: set[str], optional: set[str]) -> None:
    fields = form_for(kind).base_fields

    assert {name for name in required | optional if fields[name].required} == required


@pytest.mark.parametrize(
    ("kind", "settings_of_it", "told"),
    [
        ("email", {"addresses": ["anna@example.com"]}, "A test mail without a file goes to every address"),
        ("http", {"url": "http://127.0.0.1:8099/{name}"}, "It cannot be removed from here"),
        ("webdav", {"url": "http://127.0.0.1:8099/", "login": "none"}, "written there and removed again"),
    ],
)
def test_the_page_says_what_a_test_does(
    tenant: Tenant, administrator: Client, kind: str, settings_of_it: Any, told: str
) -> None:
    with tenant_scope(tenant):
        row = create_destination(tenant, name="There", kind=kind, settings=settings_of_it, credentials={})

    assert told in administrator.get(f"{PAGES}{row.pk}/change/").content.decode()

"""The mapping editor as people use it: rows, mistakes at their fields, preview, versions, and who may."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.actions.save_integration import create_integration
from integrations.actions.save_mapping import save_mapping
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import kind_row, settings_of
from integrations.models import Integration, MappingVersion
from integrations.tests.factories import make_bot
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)
URL = "admin:integrations_integration_mapping"
NAME = {"theirs": "full_name", "ours": "name"}


@pytest.fixture
def tenant():
    return make_tenant()


@pytest.fixture
def simulator():
    with Simulator(is_furnished=True).running() as running:
        yield running


@pytest.fixture
def row(tenant, simulator):
    with tenant_scope(tenant):
        return create_integration(
            tenant,
            "rest",
            "Our ERP",
            settings=settings_of(simulator.url, kind_row(), kind_row("page", "order", "orders")),
            credentials={"key": simulator.key},
        )


def signed_in(tenant, role="admin"):
    client = Client()
    client.force_login(make_member(tenant, role).user)
    return client


@pytest.fixture
def client(tenant):
    return signed_in(tenant)


def at(row, kind="contact"):
    return reverse(URL, args=[row.pk, kind])


def form(*rows, do="save", **more):
    """What the browser sends."""
    sent = {"row": [str(number) for number in range(len(rows))], "do": do, **more}
    for number, values in enumerate(rows):
        blank = {"theirs": "", "ours": "", "direction": "in", "transform": "as_is", "default": ""}
        sent |= {f"row-{number}-{name}": value for name, value in {**blank, **values}.items()}
    return sent


def rules():
    with all_tenants():
        return [
            (rule["theirs"], rule["ours"])
            for rule in MappingVersion.objects.filter(is_active=True).values_list("rules", flat=True)[0]
        ]


def order_of(response):
    return [row.values["theirs"] for row in response.context["shown"]]


def text_of(response):
    return response.content.decode()


def test_page_offers_their_fields_and_ours(client, row):
    page = text_of(client.get(at(row)))

    assert '<option value="phones.0.number">' in page
    assert '<option value="responsible_id">' in page
    assert "Nothing is mapped yet" in page
    assert at(row) in text_of(client.get(reverse("admin:integrations_integration_change", args=[row.pk])))


def test_saved_rows_are_a_version_in_their_order(client, row):
    lookup = {
        "theirs": "active",
        "ours": "custom.active",
        "transform": "lookup",
        "lookup-table": "yes = active\nno\tasleep\n",
        "lookup-otherwise": "unknown",
    }
    sent = form(NAME, {}, lookup, note="first try")
    sent["row"] = ["2", "1", "0"]

    page = text_of(client.post(at(row), sent, follow=True))

    assert rules() == [("active", "custom.active"), ("full_name", "name")]
    with all_tenants():
        version = MappingVersion.objects.get()
    assert version.rules[0]["parameters"] == {
        "table": [{"theirs": "yes", "ours": "active"}, {"theirs": "no", "ours": "asleep"}],
        "otherwise": "unknown",
    }
    assert version.note == "first try"
    assert "Version 1 is in force." in page
    assert "yes = active\nno = asleep" in page


def test_mistakes_stand_at_their_fields_and_what_was_entered_stays(client, row):
    answer = client.post(
        at(row),
        form(
            NAME,
            {"theirs": "x", "ours": "nothing"},
            {"theirs": "y", "ours": "comment", "transform": "split", "split-part": "many"},
            {"theirs": "<b>", "ours": "created_at", "default": "soon", "direction": "sideways"},
        ),
    )

    found = {row.number: set(row.errors) for row in answer.context["shown"] if row.errors}
    assert found == {1: {"ours"}, 2: {"parameters.part"}, 3: {"direction"}}
    page = text_of(answer)
    assert "nothing was saved" in page
    assert 'value="many"' in page
    assert "<b>" not in page.partition('id="map"')[2].partition("</form>")[0]
    with all_tenants():
        assert not MappingVersion.objects.exists()


@pytest.mark.parametrize(
    ("do", "expected", "focused"),
    [
        ("add", ["a", "b", "c", ""], 3),
        ("remove:1", ["a", "c"], None),
        ("up:2", ["a", "c", "b"], 1),
        ("up:0", ["a", "b", "c"], 0),
        ("down:0", ["b", "a", "c"], 1),
        ("down:2", ["a", "b", "c"], 2),
        ("show", ["a", "b", "c"], None),
        ("nonsense", ["a", "b", "c"], None),
        ("remove:99", ["a", "b", "c"], None),
        ("remove:x", ["a", "b", "c"], None),
        ("up:" + "9" * 400, ["a", "b", "c"], None),
    ],
)
def test_rows_are_moved_by_buttons_and_nothing_is_saved(client, row, do, expected, focused):
    answer = client.post(at(row), form({"theirs": "a"}, {"theirs": "b"}, {"theirs": "c"}, do=do))

    assert answer.status_code == 200
    assert order_of(answer) == expected
    assert answer.context.get("focused") == focused
    with all_tenants():
        assert not MappingVersion.objects.exists()


def test_preview_and_dry_run_show_live_values(client, row):
    phone = {"theirs": "phones.0.number", "ours": "phones"}
    wrong = {"theirs": "full_name", "ours": "created_at"}

    shown = text_of(client.post(at(row), form(NAME, phone, wrong, do="preview")))
    other = text_of(client.post(at(row), form(NAME, do="preview", outside_id="3")))
    nobody = text_of(client.post(at(row), form(NAME, do="preview", outside_id="../orders/2")))
    dry = text_of(client.post(at(row), form(NAME, phone, wrong, do="dry")))

    assert "+375291234570" in shown
    assert "This is no date" in shown
    assert "Пётр Сидоров" in other
    assert "There is no object with this id." in nobody
    assert "4 live objects were tried" in dry
    assert dry.count("This is no date") == 3
    with all_tenants():
        assert not MappingVersion.objects.exists()


def test_system_that_does_not_answer_leaves_the_editor_usable(client, row, simulator):
    simulator.fail("503")

    answer = client.get(at(row))
    saved = client.post(at(row), form(NAME))

    assert "names have to be typed" in text_of(answer)
    assert saved.status_code == 302
    assert rules() == [("full_name", "name")]


def test_versions_are_compared_and_restored(client, tenant, row):
    with tenant_scope(tenant):
        save_mapping(row, "contact", [NAME])
        save_mapping(row, "contact", [{**NAME, "default": "nobody"}, {"theirs": "active", "ours": "comment"}])

    compared = client.get(at(row), {"from": "1", "to": "2"})
    assert [one.what.value for one in compared.context["compared"]["found"]] == ["changed", "added"]
    for query in ({"from": "1", "to": "99"}, {"from": "x", "to": "2"}, {"from": "9" * 50, "to": "1"}):
        assert client.get(at(row), query).context["compared"] is None

    client.post(at(row), {"do": "restore:1"})

    assert rules() == [("full_name", "name")]
    assert client.post(at(row), {"do": "restore:99"}).status_code == 404
    assert client.post(at(row), {"do": "restore:" + "9" * 50}).status_code == 404


@pytest.mark.parametrize("role", ["manager", "agent", "viewer"])
def test_only_administrators_see_and_change_it(tenant, row, role):
    client = signed_in(tenant, role)

    assert client.get(at(row)).status_code in (403, 404)
    assert client.post(at(row), form(NAME)).status_code in (403, 404)
    with all_tenants():
        assert not MappingVersion.objects.exists()


def test_others_and_unknown_kinds_are_not_found(client, row):
    stranger = signed_in(make_tenant())

    assert stranger.get(at(row)).status_code == 404
    assert stranger.post(at(row), form(NAME)).status_code == 404
    assert client.get(at(row, "product")).status_code == 404
    assert client.get(at(row, "nonsense")).status_code == 404
    assert client.delete(at(row)).status_code == 405


def test_system_without_records_has_no_mapping(client, tenant):
    crm = make_bot(tenant)

    assert client.get(at(crm)).status_code == 404
    page = text_of(client.get(reverse("admin:integrations_integration_change", args=[crm.pk])))
    assert "Field mapping" not in page


def test_number_of_queries_does_not_grow_with_rules_and_versions(client, tenant, row):
    with tenant_scope(tenant):
        save_mapping(row, "contact", [NAME])
        client.get(at(row))
        with CaptureQueriesContext(connection) as few:
            client.get(at(row))
        for count in range(2, 20):
            save_mapping(row, "contact", [{"theirs": f"f{n}", "ours": f"custom.f{n}"} for n in range(count)])
    with CaptureQueriesContext(connection) as many:
        client.get(at(row))

    assert len(many) <= len(few)


# The form of the connector's settings.


def entered(simulator, **card):
    values = {"kind": "contact", "list_path": "/cursor/contacts", "list_method": "GET", "items": "items",
              "id_field": "id", "paging": "cursor", "page_parameter": "after", "first_page": "1",
              "page_size": "100", "next_field": "paging.next", "time_format": "iso",
              "since_value": "{since}", "update_method": "PATCH", **card}  # fmt: skip
    return {
        "name": "Our ERP",
        "is_enabled": "on",
        "settings__url": f"{simulator.url}/api/",
        "settings__scheme": "bearer",
        "credentials__key": simulator.key,
        "settings__kinds-row": ["0", "1"],
        **{f"settings__kinds-0-{name}": value for name, value in values.items()},
    }


ADD = "?connector=rest"


def test_kinds_are_entered_as_cards_and_the_connection_is_tried(client, simulator):
    url = reverse("admin:integrations_integration_add") + ADD
    blank = client.get(url)
    assert 'name="settings__kinds-0-list_path"' in text_of(blank)
    untouched = {
        f"settings__kinds-1-{cell.column.name}": cell.value
        for cell in _cards(blank)[0].cells
        if cell.kind != "bool"
    }

    page = text_of(client.post(url, {**entered(simulator), **untouched}, follow=True))

    with all_tenants():
        row = Integration.objects.get()
    assert row.settings["url"] == f"{simulator.url}/api"
    assert [kind["list_path"] for kind in row.settings["kinds"]] == ["/cursor/contacts"]
    assert row.settings["kinds"][0]["page_size"] == 100
    assert "The connection works." in page
    assert 'value="/cursor/contacts"' in page

    removed = {**entered(simulator), "settings__kinds-0-remove": "on"}
    refused = client.post(reverse("admin:integrations_integration_change", args=[row.pk]), removed)
    assert set(refused.context["adminform"].form.errors) == {"settings__kinds"}


def _cards(response):
    form = response.context["adminform"].form
    widget = form.fields["settings__kinds"].widget
    return [widget._card("settings__kinds", 0, {}, is_new=True)]


def test_mistakes_of_a_card_are_named_and_the_card_stays_filled(client, simulator):
    url = reverse("admin:integrations_integration_add") + ADD

    answer = client.post(url, entered(simulator, list_path="https://evil.example.com", page_size="many"))

    errors = answer.context["adminform"].form.errors
    assert set(errors) == {"settings__kinds"}
    assert "Row 1, path of the list: Enter the path only" in " ".join(errors["settings__kinds"])
    assert 'value="https://evil.example.com"' in text_of(answer)
    with all_tenants():
        assert not Integration.objects.exists()

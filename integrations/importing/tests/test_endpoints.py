"""Endpoints of webhooks from a file."""

from exports.tests.imports import actions_of, applied, csv_file, outcomes_of, previewed, rows_of, undo
from integrations.importing.tests.test_records import exported
from tenants.models import AuditEntry, Tenant
from tenants.scoping import tenant_scope
from tenants.work import drain
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.models import Delivery, Endpoint
from webhooks.tests.factories import make_event

FILE = "Name;URL;Events\nShop;https://hooks5.example.com/in/secret;call.*, order.created\nCRM;https://hooks6.example.com/x;*\n"


def made(tenant: Tenant, **values: object) -> Endpoint:
    with tenant_scope(tenant):
        row = Endpoint(
            tenant=tenant,
            **{"name": "CRM", "url": "https://hooks7.example.com/very/secret", "events": ["*"], **values},
        )
        create_endpoint(row)
    return row


def urls(tenant: Tenant) -> dict[str, str]:
    with tenant_scope(tenant):
        return {row.name: row.url for row in Endpoint.objects.all()}


def test_endpoints_are_added_with_a_secret_changed_and_taken_back(tenant: Tenant) -> None:
    crm = made(tenant)

    job = applied(tenant, FILE, "endpoints")

    assert (job.reason, job.new, job.changed) == ("", 1, 1)
    assert urls(tenant) == {
        "CRM": "https://hooks6.example.com/x",
        "Shop": "https://hooks5.example.com/in/secret",
    }
    with tenant_scope(tenant):
        shop = Endpoint.objects.get(name="Shop")
        assert (shop.events, shop.secrets.count()) == (["call.*", "order.created"], 1)
        entry = AuditEntry.objects.get(action="endpoint.updated")
        assert "secret" not in str(entry.before)
    undone = undo(job)
    assert (undone.undone, urls(tenant)) == (2, {"CRM": crm.url})


def test_what_the_rules_of_one_endpoint_forbid_is_named(tenant: Tenant) -> None:
    rows = "name,url,events\nA,http://10.0.0.1/,*\nB,nonsense,*\nC,https://hooks5.example.com/,no.such.event\n,https://hooks5.example.com/,*\n"

    job = previewed(tenant, rows, "endpoints")

    assert [sorted(row.part("errors")) for row in rows_of(job)] == [["url"], ["url"], ["events"], ["name"]]


def test_a_url_that_was_exported_shortened_means_the_stored_one(tenant: Tenant) -> None:
    crm = made(tenant)
    content = exported(tenant, "endpoints", "csv", {}, ["name", "url", "events", "description"])
    assert b"secret" not in content

    job = previewed(tenant, csv_file(content), "endpoints")

    assert (job.reason, actions_of(job)) == ("", {2: "same"})
    assert urls(tenant) == {"CRM": crm.url}


def test_an_endpoint_that_was_sent_to_stays(tenant: Tenant) -> None:
    job = applied(tenant, "name,url,events\nShop,https://hooks5.example.com/,*\n", "endpoints")
    with tenant_scope(tenant):
        make_event(tenant)
        drain("webhooks.fanout")
        assert Delivery.objects.exists()

    assert outcomes_of(undo(job)) == {2: "kept"}

"""The life of a shipment: made with its export, sent when the file is there, tried again, sent once more, told."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports.actions import cancel_export, delete_export, expire_exports, request_export, rerun_export
from exports.actions.resend_shipment import resend_shipment
from exports.actions.run_schedule import run_schedule_now
from exports.actions.save_destination import create_destination, delete_destination, update_destination
from exports.links import mailed_url
from exports.models import Export, ExportDestination, ExportSchedule, ExportShipment, ExportTemplate
from exports.request import ExportRequest, InvalidRequest
from exports.shipments import LANE
from exports.shipping import RETRY_SECONDS
from exports.tests.carrying import ask_for, carry, make_destination, shipment_of
from exports.tests.support import make_entries, path_of, run
from tenants.ids import uuid7
from tenants.models import AuditEntry, Event, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_tenant
from tests.outside.smtp import MailServer
from tests.outside.webdav import WebDavServer

LONG = timedelta(days=1)


@pytest.fixture(autouse=True)
def _installation(settings: Any) -> None:
    settings.EGRESS_ALLOW = "127.0.0.0/8"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "cloud"
    folder.mkdir()
    return folder


@pytest.fixture
def server(place: Path) -> Iterator[WebDavServer]:
    with WebDavServer(place) as running:
        yield running


def events(tenant: Tenant) -> list[Event]:
    with tenant_scope(tenant):
        return list(Event.objects.filter(type__startswith="export.ship").order_by("id"))


def destination_of(shipment: ExportShipment) -> ExportDestination:
    with all_tenants():
        return ExportDestination.objects.get(pk=shipment.destination_id)


def test_a_finished_export_is_carried_to_its_destination(
    tenant: Tenant, server: WebDavServer, place: Path
) -> None:
    make_entries(tenant, 2)
    export = ask_for(tenant, make_destination(tenant, server))
    assert (shipment_of(export).state, carry()) == ("waiting", 0)

    done = run(export)
    assert carry() == 1

    shipment = shipment_of(export)
    name = shipment.file_name
    assert re.fullmatch(r"audit-\d{4}-\d\d-\d\d\.csv", name)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {name: path_of(done).read_bytes()}
    assert (shipment.state, shipment.attempts, shipment.size) == ("done", 1, done.size)
    assert shipment.receipt == f"{server.url}{name}"
    assert destination_of(shipment).last_success_at == shipment.finished_at
    [told] = events(tenant)
    assert told.type == "export.shipped"
    assert (told.data["id"], told.data["destination"], told.data["receipt"]) == (
        str(export.pk),
        "Cloud",
        shipment.receipt,
    )
    assert not Work.objects.filter(lane=LANE).exists()


def test_the_queue_and_the_completion_are_one_transaction(tenant: Tenant, server: WebDavServer) -> None:
    """Whoever sees the file done sees the shipment due."""
    export = run(ask_for(tenant, make_destination(tenant, server)))

    assert Work.objects.filter(lane=LANE, subject=shipment_of(export).pk).exists()


def test_trouble_is_waited_for_and_told_meanwhile(tenant: Tenant, server: WebDavServer) -> None:
    server.troubles["PUT"] = 507
    export = run(ask_for(tenant, make_destination(tenant, server)))

    carry()
    shipment = shipment_of(export)
    assert (shipment.state, shipment.error_code, shipment.attempts) == ("waiting", "full", 1)
    assert "There is no room" in shipment.reason
    assert shipment.next_try_at is not None
    assert shipment.next_try_at > timezone.now()
    assert destination_of(shipment).is_failing
    assert (carry(), events(tenant)) == (0, [])

    server.troubles.clear()
    carry(LONG)
    shipment = shipment_of(export)
    assert (shipment.state, shipment.attempts, shipment.reason, shipment.next_try_at) == ("done", 2, "", None)
    assert not destination_of(shipment).is_failing


def test_after_many_attempts_it_fails_and_is_told_once(tenant: Tenant, server: WebDavServer) -> None:
    server.troubles["PUT"] = 503
    export = run(ask_for(tenant, make_destination(tenant, server)))

    for turn in range(len(RETRY_SECONDS) + 2):
        carry(LONG * (turn + 1))

    shipment = shipment_of(export)
    assert (shipment.state, shipment.attempts) == ("failed", len(RETRY_SECONDS) + 1)
    assert [(one.type, one.data["code"]) for one in events(tenant)] == [("export.shipment_failed", "busy")]


def test_what_people_have_to_change_is_not_tried_again(tenant: Tenant, server: WebDavServer) -> None:
    destination = make_destination(tenant, server, credentials={"password": "wr0ng-pass"})
    export = run(ask_for(tenant, destination))

    carry()

    shipment = shipment_of(export)
    assert (shipment.state, shipment.error_code, shipment.attempts) == ("failed", "refused", 1)
    assert "wr0ng-pass" not in shipment.reason
    assert shipment.next_try_at is None
    [told] = events(tenant)
    assert told.data["reason"] == shipment.reason


def test_sending_again_writes_the_same_name(tenant: Tenant, server: WebDavServer, place: Path) -> None:
    export = run(ask_for(tenant, make_destination(tenant, server)))
    carry()

    with tenant_scope(tenant):
        assert resend_shipment(shipment_of(export)) is None
    assert shipment_of(export).state == "waiting"
    carry()

    assert [path.name for path in place.iterdir()] == [shipment_of(export).file_name]
    assert [one.type for one in events(tenant)] == ["export.shipped"] * 2
    with tenant_scope(tenant):
        assert AuditEntry.objects.filter(action="exportshipment.resent").count() == 1


def test_a_waiting_one_can_be_sent_at_once(tenant: Tenant, server: WebDavServer) -> None:
    server.troubles["PUT"] = 507
    export = run(ask_for(tenant, make_destination(tenant, server)))
    carry()
    server.troubles.clear()

    with tenant_scope(tenant):
        resend_shipment(shipment_of(export))

    assert carry() == 1
    assert shipment_of(export).state == "done"


def test_without_a_file_nothing_can_be_sent(tenant: Tenant, server: WebDavServer) -> None:
    export = ask_for(tenant, make_destination(tenant, server))

    with tenant_scope(tenant):
        assert "There is no file" in str(resend_shipment(shipment_of(export)))

    assert shipment_of(export).state == "waiting"
    assert not Work.objects.filter(lane=LANE).exists()


@pytest.mark.parametrize("how", ["cancelled", "failed"])
def test_an_export_that_ends_badly_ends_its_shipments(
    tenant: Tenant, server: WebDavServer, settings: Any, how: str
) -> None:
    export = ask_for(tenant, make_destination(tenant, server))
    if how == "cancelled":
        with tenant_scope(tenant):
            cancel_export(export)
    else:
        settings.EXPORT_MAX_FILE_SIZE = 1
        run(export)

    shipment = shipment_of(export)
    assert (shipment.state, shipment.error_code) == ("cancelled", "no_file")
    assert carry() == 0


def test_a_file_that_expired_before_it_was_sent(tenant: Tenant, server: WebDavServer) -> None:
    server.troubles["PUT"] = 507
    export = run(ask_for(tenant, make_destination(tenant, server)))
    carry()
    with all_tenants():
        Export.objects.update(expires_at=timezone.now())
        expire_exports()

    carry(LONG)

    assert (shipment_of(export).state, shipment_of(export).error_code) == ("failed", "file_gone")


def test_a_destination_that_is_switched_off_or_removed(tenant: Tenant, server: WebDavServer) -> None:
    first, second = (make_destination(tenant, server, name=name) for name in ("One", "Two"))
    export = run(ask_for(tenant, first, second))

    with tenant_scope(tenant):
        update_destination(first, is_enabled=False)
        delete_destination(second)
    carry()

    with all_tenants():
        found = ExportShipment.objects.filter(export=export).order_by("destination_name")
        states = [(one.destination_name, one.state, one.error_code) for one in found]
    assert states == [("One", "failed", "disabled"), ("Two", "cancelled", "removed")]
    assert not Work.objects.filter(lane=LANE).exists()


def test_a_rerun_goes_to_the_same_destinations(tenant: Tenant, server: WebDavServer) -> None:
    first, second = (make_destination(tenant, server, name=name) for name in ("One", "Two"))
    export = run(ask_for(tenant, first, second))
    with tenant_scope(tenant):
        delete_destination(second)
        again = rerun_export(export)

    assert [shipment_of(again).destination_name] == ["One"]


def test_what_did_not_arrive_is_in_the_next_incremental_export(
    tenant: Tenant, server: WebDavServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports.incremental.OVERLAP", timedelta(0))
    cloud = make_destination(tenant, server)
    make_entries(tenant, 2, created_at="2026-01-01T00:00:00Z")
    sizes = []
    for logins in (server.logins, set[str](), server.logins, server.logins):
        server.logins = logins
        done = run(ask_for(tenant, cloud, options={"incremental": "yes"}))
        carry()
        sizes.append((done.rows_done, shipment_of(done).state))
        make_entries(tenant, 1)

    beside = run(ask_for(tenant, options={"incremental": "yes"}))

    assert sizes == [(2, "done"), (1, "failed"), (2, "done"), (1, "done")]
    assert beside.rows_done == 6, "it went nowhere, so it has a beginning of its own"


@pytest.mark.parametrize("wanted", ["foreign", "unknown", "nonsense", "disabled"])
def test_only_enabled_destinations_of_the_company(tenant: Tenant, server: WebDavServer, wanted: str) -> None:
    ids: dict[str, Any] = {
        "foreign": make_destination(make_tenant(), server).pk,
        "unknown": uuid7(),
        "nonsense": "x",
        "disabled": make_destination(tenant, server, is_enabled=False).pk,
    }
    asked = ExportRequest("audit", "csv")

    with tenant_scope(tenant), pytest.raises(InvalidRequest, match="destination") as refused:
        request_export(tenant, asked, destinations=[str(ids[wanted])])

    assert refused.value.field == "destinations"
    with tenant_scope(tenant):
        assert not Export.objects.exists()


def test_deleting_an_export_ends_what_is_on_the_way(tenant: Tenant, server: WebDavServer) -> None:
    export = run(ask_for(tenant, make_destination(tenant, server)))
    with tenant_scope(tenant):
        delete_export(export)

    assert carry() == 0
    with all_tenants():
        assert not ExportShipment.objects.exists()


def test_a_mailed_link_opens_that_file_and_no_other(tenant: Tenant, client: Client) -> None:
    one, other = run(ask_for(tenant)), run(ask_for(tenant))
    token = mailed_url(one).partition("?token=")[2]

    assert client.get(f"/export/{one.pk}/download?token={token}").status_code == 200
    assert client.get(f"/export/{other.pk}/download?token={token}").status_code == 403
    assert client.get(f"/export/{one.pk}/download?token={token}x").status_code == 403


def test_a_mail_that_reached_some_goes_to_the_others_only(tenant: Tenant, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = ""
    make_entries(tenant, 1)
    with MailServer() as post:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", post.port
        post.refused["full@example.com"] = "452 4.2.2 mailbox full"
        with tenant_scope(tenant):
            addresses = ["anna@example.com", "full@example.com"]
            destination = create_destination(
                tenant, name="Mail", kind="email", settings={"addresses": addresses}, credentials={}
            )
        export = run(ask_for(tenant, destination))
        carry()
        waiting = shipment_of(export)

        assert (waiting.state, waiting.error_code, waiting.reached) == (
            "waiting",
            "address_later",
            ["anna@example.com"],
        )
        post.refused.clear()
        carry(LONG)

        done = shipment_of(export)
        assert (done.state, done.reached) == ("done", [])
        assert [mail["To"] for mail in post.mails] == addresses
        with tenant_scope(tenant):
            assert resend_shipment(done) is None
        carry(LONG)
        assert [mail["To"] for mail in post.mails] == [*addresses, *addresses]


def test_a_schedules_page_tells_what_did_not_arrive(
    tenant: Tenant, server: WebDavServer, client: Client
) -> None:
    """The file was written, so the export is done: that is not all that its owner wants to know."""
    make_entries(tenant, 1)
    member = make_member(tenant, "admin")
    destination = make_destination(tenant, server)
    with tenant_scope(tenant):
        template = ExportTemplate.objects.create(tenant=tenant, name="Mine", dataset="audit", format="csv")
        schedule = ExportSchedule(
            tenant=tenant, name="Nightly", owner=member, template=template, destination=destination
        )
        schedule.full_clean()
        schedule.save()
        made = run_schedule_now(schedule)
    server.troubles["PUT"] = 403
    assert made.export is not None
    run(made.export)
    carry()

    client.force_login(member.user)
    page = client.get(f"/admin/exports/exportschedule/{schedule.pk}/change/").content.decode()

    assert "Cloud: failed" in page
    assert "We may sign in there, but not write to this place." in page


def test_shipments_that_fail_are_failures_of_their_schedule(tenant: Tenant, server: WebDavServer) -> None:
    member = make_member(tenant, "admin")
    with tenant_scope(tenant):
        schedule = ExportSchedule.objects.create(
            tenant=tenant, name="Nightly", owner=member, request={"dataset": "audit", "format": "csv"},
            destination=make_destination(tenant, server),
        )  # fmt: skip

    def failures_after(*, refused: bool) -> int:
        server.troubles = {"PUT": 403} if refused else {}
        with tenant_scope(tenant):
            made = run_schedule_now(schedule)
        assert made.export is not None
        run(made.export)
        carry()
        with tenant_scope(tenant):
            schedule.refresh_from_db()
        return schedule.failures

    assert [failures_after(refused=True) for _day in range(3)] == [1, 2, 3]
    with tenant_scope(tenant):
        [alert] = Event.objects.filter(type="system.alert")
    assert "Cloud: We may sign in there" in str(alert.data)
    assert failures_after(refused=False) == 0

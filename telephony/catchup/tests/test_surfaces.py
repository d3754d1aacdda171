"""Call records in the admin, over the API and in the configuration file; and never another company's."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from telephony.catchup.tests.captured import content
from telephony.models import CallEvent, CatchUpReport, CdrSource, Pbx
from telephony.tests.factories import make_pbx
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.models import AuditEntry, Role, Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_api_key, make_member, make_tenant

pytestmark = pytest.mark.django_db
SECRET = "a-secret-of-records"


@pytest.fixture
def pbx() -> Pbx:
    return make_pbx(make_tenant(timezone="UTC"))


@pytest.fixture
def source(pbx: Pbx) -> CdrSource:
    with all_tenants():
        return CdrSource.objects.create(
            tenant=pbx.tenant,
            pbx=pbx,
            kind="mysql",
            host="pbx.example",
            database="asteriskcdrdb",
            username="reader",
            secret=SECRET,
        )


def signed_in(pbx: Pbx, role: str = Role.ADMIN) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(pbx.tenant, role).user)
    return client


def by_key(pbx: Pbx, scope: str = "call-records:write") -> Client:
    return Client(headers={"Authorization": f"Bearer {make_api_key(pbx.tenant, [scope])[1]}"})


def upload(client: Client, pbx: Pbx, body: str, query: str = "") -> Any:
    address = f"/api/v1/telephone-exchanges/{pbx.pk}/call-records{query}"
    return client.post(address, body.encode(), content_type="text/csv")


def rows_of(pbx: Pbx) -> int:
    with all_tenants():
        return CallEvent.objects.filter(pbx=pbx, source="cdr").count()


class TestApi:
    def test_a_file_is_taken_once(self, pbx: Pbx) -> None:
        client, body = by_key(pbx), content("queue_second_agent.cdr.csv")

        first, second = upload(client, pbx, body), upload(client, pbx, body)

        assert (first.status_code, second.status_code) == (201, 201)
        told = {
            name: first.json()[name] for name in ("cause", "rows_read", "rows_new", "missing", "differing")
        }
        assert told == {"cause": "upload", "rows_read": 3, "rows_new": 3, "missing": 1, "differing": 0}
        assert second.json()["rows_new"] == 0
        assert rows_of(pbx) == 3

    def test_named_columns(self, pbx: Pbx) -> None:
        answer = upload(
            by_key(pbx), pbx, "2026-11-21 12:00:00;1.2\n".replace(";", ","), "?columns=start,uniqueid"
        )

        assert answer.status_code == 201
        assert rows_of(pbx) == 1

    @pytest.mark.parametrize(
        "body", ["", "milk,bread\n", '{"a": 1}', "\x00\x01\x02", "uniqueid,src\n1.2,1\n1.3\n"]
    )
    def test_what_is_no_call_record_is_refused_whole(self, pbx: Pbx, body: str) -> None:
        answer = upload(by_key(pbx), pbx, body)

        assert answer.status_code == 400
        assert rows_of(pbx) == 0

    def test_a_file_that_is_too_large(self, pbx: Pbx, settings: Any) -> None:
        settings.CALL_RECORDS_MAX_SIZE = 100

        assert upload(by_key(pbx), pbx, content("queue_second_agent.cdr.csv")).status_code == 413
        assert rows_of(pbx) == 0

    def test_another_company_s_exchange_does_not_exist(self, pbx: Pbx) -> None:
        stranger = make_pbx(make_tenant())

        assert upload(by_key(stranger), pbx, content("inbound_answered.cdr.csv")).status_code == 404
        assert rows_of(pbx) == 0

    def test_the_scope_is_asked_for(self, pbx: Pbx) -> None:
        assert upload(by_key(pbx, "calls:read"), pbx, content("inbound_answered.cdr.csv")).status_code == 403


class TestAdmin:
    def page(self, source: CdrSource, name: str = "change") -> str:
        return reverse(f"admin:telephony_cdrsource_{name}", args=[source.pk])

    def test_the_page_shows_everything_but_the_password(self, pbx: Pbx, source: CdrSource) -> None:
        answer = signed_in(pbx).get(self.page(source))

        text = answer.content.decode()
        assert answer.status_code == 200
        assert "pbx.example" in text
        assert "Read now" in text
        assert SECRET not in text

    def test_saving_without_a_password_keeps_it(self, pbx: Pbx, source: CdrSource) -> None:
        with all_tenants():
            CdrSource.objects.filter(pk=source.pk).update(cursor={"cdr:cdr": {"number": 7}})
        form = {
            "pbx": pbx.pk, "kind": "mysql", "host": "other.example", "database": "asteriskcdrdb", "table": "cdr",
            "username": "reader", "secret": "", "security": "none", "is_enabled": "on",
        }  # fmt: skip

        answer = signed_in(pbx).post(self.page(source), form)

        assert answer.status_code == 302, answer.content.decode()
        with all_tenants():
            source.refresh_from_db()
            trail = " ".join(f"{entry.before} {entry.after}" for entry in AuditEntry.objects.all())
        assert (source.host, source.secret, source.cursor) == ("other.example", SECRET, {})
        assert SECRET not in trail

    def test_read_now_queues_it(self, pbx: Pbx, source: CdrSource) -> None:
        answer = signed_in(pbx).post(self.page(source, "read"), {"since": "2026-11-21T09:00"})

        assert answer.status_code == 302
        assert Work.objects.filter(lane="calls.catch_up", subject=source.pk).count() == 1
        with all_tenants():
            source.refresh_from_db()
        assert source.read_from is not None
        assert source.read_from.isoformat() == "2026-11-21T09:00:00+00:00"

    def test_a_file_may_be_uploaded(self, pbx: Pbx, source: CdrSource) -> None:
        file = SimpleUploadedFile("Master.csv", content("inbound_missed.cdr.csv").encode())

        answer = signed_in(pbx).post(self.page(source, "upload"), {"file": file}, follow=True)

        assert "2 rows, 2 of them new. Calls found only there: 1" in answer.content.decode()
        assert rows_of(pbx) == 2

    @pytest.mark.parametrize("name", ["read", "upload"])
    def test_the_buttons_are_for_administrators_of_that_company(
        self, pbx: Pbx, source: CdrSource, name: str
    ) -> None:
        assert signed_in(pbx, Role.MANAGER).post(self.page(source, name)).status_code in (302, 403, 404)
        assert signed_in(make_pbx(make_tenant())).post(self.page(source, name)).status_code in (302, 404)
        assert signed_in(pbx).get(self.page(source, name)).status_code == 405
        assert Work.objects.filter(lane="calls.catch_up").count() == 0

    def test_the_list_of_reports_costs_the_same_whatever_its_length(self, pbx: Pbx) -> None:
        client, address = signed_in(pbx, Role.MANAGER), reverse("admin:telephony_catchupreport_changelist")
        counts = []
        for _turn in range(2):
            with all_tenants():
                for _number in range(5):
                    CatchUpReport.objects.create(tenant=pbx.tenant, pbx=pbx, cause="schedule", rows_new=1)
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            counts.append(len(queries))

        assert counts[0] == counts[1]


FILE = """
tenants:
- number: "0367"
  name: June
  pbx_token: "first-token-0001"
  call_records: {kind: mysql, host: pbx.example, port: 3307, database: asteriskcdrdb, username: reader, secret: "%s", timezone: Europe/Minsk}
"""


class TestConfiguration:
    def test_a_file_connects_them_and_applying_it_again_changes_nothing(self) -> None:
        apply_text(FILE % SECRET)

        with all_tenants():
            source = CdrSource.objects.get()
        assert (source.kind, source.host, source.port, source.secret, source.table) == (
            "mysql", "pbx.example", 3307, SECRET, "cdr",
        )  # fmt: skip
        assert len(apply_text(FILE % SECRET).changes) == 0

    def test_the_password_is_dumped_only_on_request(self) -> None:
        apply_text(FILE % SECRET)

        told = dump_tenants()["tenants"][0]["call_records"]
        assert (told["kind"], told["port"], told["timezone"]) == ("mysql", 3307, "Europe/Minsk")
        assert "secret" not in told
        assert dump_tenants(secrets=True)["tenants"][0]["call_records"]["secret"] == SECRET

    @pytest.mark.parametrize(
        "value",
        [
            "{kind: mysql}",
            "{kind: oracle, host: a}",
            "{kind: mysql, hots: a}",
            "7",
            "{kind: sftp, host: a, path: b, username: c, secret: d}",
        ],
    )
    def test_mistakes_are_named(self, value: str) -> None:
        text = FILE.partition("  call_records")[0] + f"  call_records: {value}\n"

        with pytest.raises(ConfigurationError):
            apply_text(text)

        with all_tenants():
            assert CdrSource.objects.count() == 0

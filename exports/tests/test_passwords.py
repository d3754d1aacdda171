"""A ZIP with a password: encrypted as it is written, readable by others, and a password that shows nowhere."""

import io
import json
import logging
import tempfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from stream_unzip import IncorrectAESPasswordError, stream_unzip

from exports.actions import rerun_export
from exports.formats import FORMATS
from exports.formats.packing import packed
from exports.models import Export, State
from exports.request import InvalidRequest
from exports.tests.support import AUDIT_LIST, ask, fresh, make_entries, only_export, path_of, run
from exports.tests.test_api import URL, caller, post
from tenants.models import AuditEntry, Event, Tenant
from tenants.scoping import all_tenants, tenant_scope

PASSWORD = "Kolas & Kupala 1912"
ZIPPED = {"compress": "zip", "password": PASSWORD}
EXTRA_OF_AES = b"\x01\x99\x07\x00"


def opened(path: Path, password: str = PASSWORD) -> dict[str, bytes]:
    """What another program than the one that wrote it finds inside, decrypted and authenticated."""
    with path.open("rb") as stream:
        chunks = iter(lambda: stream.read(65_536), b"")
        return {
            name.decode(): b"".join(content)
            for name, _size, content in stream_unzip(chunks, password=password.encode())
        }


@pytest.mark.parametrize("format", [name for name, one in FORMATS.items() if not one.is_packed])
def test_a_zip_with_a_password_holds_what_the_plain_file_is(tenant: Tenant, format: str) -> None:
    make_entries(tenant, 300)
    columns = ["actor", "what", "id"]
    plain = run(ask(tenant, format=format, columns=columns))

    done = run(ask(tenant, format=format, columns=columns, options=ZIPPED))

    assert (done.state, done.reason, done.file_name[-4:]) == (State.DONE, "", ".zip")
    assert opened(path_of(done)) == {f"audit.{FORMATS[format].extension}": path_of(plain).read_bytes()}
    assert done.size == path_of(done).stat().st_size


@pytest.mark.parametrize("format", [name for name, one in FORMATS.items() if one.is_packed])
def test_what_is_compressed_already_is_put_into_a_zip(tenant: Tenant, format: str) -> None:
    make_entries(tenant, 300)

    done = run(ask(tenant, format=format, columns=["actor", "id"], options={"password": PASSWORD}))

    assert (done.state, done.reason, done.file_name[-4:]) == (State.DONE, "", ".zip")
    assert list(opened(path_of(done))) == [f"audit.{format}"]


def test_the_workbook_inside_is_sound(tenant: Tenant) -> None:
    make_entries(tenant, 3)
    options = {"password": PASSWORD, "metadata": "yes"}

    done = run(ask(tenant, format="xlsx", columns=["actor"], options=options))

    book = io.BytesIO(opened(path_of(done))["audit.xlsx"])
    with zipfile.ZipFile(book) as archive:
        assert archive.testzip() is None
    sheets = openpyxl.load_workbook(book).worksheets
    assert [row[0] for row in sheets[0].iter_rows(values_only=True)] == ["Who", *["anna"] * 3]
    assert len(sheets) == 2


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_with_another_password_nothing_is_told(tenant: Tenant, format: str) -> None:
    make_entries(tenant, 3)
    done = run(ask(tenant, format=format, options=ZIPPED if format == "csv" else {"password": PASSWORD}))

    with pytest.raises(IncorrectAESPasswordError):
        opened(path_of(done), PASSWORD[:-1] + "3")

    assert b"anna" not in path_of(done).read_bytes()


def test_it_is_aes_256_of_the_second_form(tenant: Tenant) -> None:
    make_entries(tenant, 3)

    first, second = (run(ask(tenant, options=ZIPPED)) for _ in range(2))

    with zipfile.ZipFile(path_of(first)) as archive:
        (entry,) = archive.infolist()
    extra = entry.extra[entry.extra.index(EXTRA_OF_AES) + 4 :]
    # Form 2, vendor AE, strength 3 (256 bits), deflated; and no checksum of what is inside.
    assert extra[:7] == b"\x02\x00AE\x03\x08\x00"
    assert (entry.flag_bits & 1, entry.compress_type, entry.CRC) == (1, 99, 0)
    # Another salt each time: what is equal does not show.
    assert path_of(first).read_bytes()[100:] != path_of(second).read_bytes()[100:]


def test_memory_stays_flat_while_it_is_encrypted() -> None:
    def peak(blocks: int, stream: BinaryIO) -> int:
        tracemalloc.start()
        with packed(FORMATS["csv"], {"compress": "zip"}, stream, "a.csv", PASSWORD) as target:
            for at in range(blocks):
                target.write(b"%d,row\r\n" % at * 5_000)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    with tempfile.TemporaryFile() as small, tempfile.TemporaryFile() as large:
        assert peak(1_000, large) < peak(50, small) + 500_000
        assert large.tell() > 10 * small.tell() > 0


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short-11-ch", "12 to 99"),
        ("0123456789" * 10, "12 to 99"),
        ("aaaaaaaaaaaaaaaa", "easy to guess"),
        ("qwerty123456", "easy to guess"),
        ("пароль-из-букв", "Latin"),
        ("a\x00bcdefghijklmn", "Latin"),
        ("line\nbreak-in-it", "Latin"),
        ("lone\ud800surrogate", "Latin"),
    ],
)
def test_a_password_that_would_not_do_is_refused(tenant: Tenant, password: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as refused:
        ask(tenant, options={"compress": "zip", "password": password})

    assert refused.value.field == "options.password"
    assert password not in str(refused.value)
    with all_tenants():
        assert not Export.objects.exists()


@pytest.mark.parametrize("options", [{}, {"compress": "none"}, {"compress": "gzip"}])
def test_only_a_zip_has_a_password(tenant: Tenant, options: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match=r"options\.password: Only a ZIP"):
        ask(tenant, options={**options, "password": PASSWORD})


def test_the_same_can_be_asked_again(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    first = run(ask(tenant, columns=["actor"], filters={"actor": "anna"}, options=ZIPPED))

    with tenant_scope(tenant):
        second = run(rerun_export(first))

    assert second.asked() == first.asked()
    assert second.options == {"compress": "zip"}
    assert opened(path_of(second)) == opened(path_of(first))


def test_the_password_shows_nowhere(
    tenant: Tenant, caplog: pytest.LogCaptureFixture, settings: Any, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    make_entries(tenant, 2)
    client = caller(tenant)
    body = {"dataset": "audit", "format": "csv", "options": ZIPPED}

    made = post(client, body, **{"Idempotency-Key": "once"})
    with all_tenants():
        export = run(Export.objects.get(pk=made.json()["id"]))
    answers = [
        made,
        client.get(URL),
        client.get(f"{URL}{export.pk}/"),
        client.post(f"{URL}{export.pk}/rerun/"),
    ]
    with tenant_scope(tenant):
        trail = [(one.before, one.after) for one in AuditEntry.objects.all()]
        told = [event.data for event in Event.objects.all()]
    client.delete(f"{URL}{export.pk}/")

    assert (made.json()["is_encrypted"], made.json()["options"]) == (True, {"compress": "zip"})
    shown = [answer.content.decode() for answer in answers] + [
        json.dumps(trail),
        json.dumps(told),
        caplog.text,
    ]
    assert not [text for text in shown if PASSWORD in text or "Kupala" in text]
    assert PASSWORD not in repr(export)
    assert {entry["is_encrypted"] for _before, entry in trail if "is_encrypted" in entry} == {True}


def test_the_database_has_it_sealed(tenant: Tenant) -> None:
    export = ask(tenant, options=ZIPPED)

    with all_tenants(), connection.cursor() as cursor:
        cursor.execute("SELECT password FROM exports_export")
        ((sealed,),) = cursor.fetchall()
    stored = io.StringIO()
    with all_tenants():
        call_command("dumpdata", "exports", stdout=stored)

    assert sealed.startswith("sb1.")
    assert "Kupala" not in stored.getvalue()
    assert fresh(export).password == PASSWORD


class TestFlatBody:
    def post(self, client: Client, **body: Any) -> Any:
        whole = {"dataset": "audit", "format": "csv", **body}
        return client.post("/webhooks/export", whole, content_type="application/json")

    def test_it_takes_a_password(self, tenant: Tenant) -> None:
        make_entries(tenant, 1)

        made = self.post(caller(tenant), compress=True, password=PASSWORD)
        with all_tenants():
            done = run(Export.objects.get(pk=made.json()["id"]))

        assert made.status_code == 201
        assert "Kupala" not in made.content.decode()
        assert list(opened(path_of(done))) == ["audit.csv"]

    def test_a_workbook_needs_no_word_of_a_zip(self, tenant: Tenant) -> None:
        assert self.post(caller(tenant), format="xlsx", password=PASSWORD).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [{"password": PASSWORD}, {"compress": True, "password": "short"}, {"compress": True, "password": ""}],
    )
    def test_what_is_wrong_is_named(self, tenant: Tenant, body: dict[str, Any]) -> None:
        refused = self.post(caller(tenant), **body)

        assert refused.status_code == 400
        assert {error["field"] for error in refused.json()["errors"]} == {"password"}
        with all_tenants():
            assert not Export.objects.exists()


def test_the_api_names_the_option(tenant: Tenant) -> None:
    body = {"dataset": "audit", "format": "csv", "options": {"compress": "zip", "password": "short"}}

    refused = post(caller(tenant), body)

    assert refused.status_code == 400
    assert [error["field"] for error in refused.json()["errors"]] == ["options.password"]


def test_it_is_downloaded_as_a_zip(tenant: Tenant) -> None:
    done = run(ask(tenant, format="xlsx", options={"password": PASSWORD}))

    answer = caller(tenant).get(f"/export/{done.pk}/download")

    assert answer.headers["Content-Type"] == "application/zip"
    assert ".zip" in answer.headers["Content-Disposition"]
    assert b"".join(answer) == path_of(done).read_bytes()


@pytest.mark.usefixtures("audit_page")
class TestForm:
    def send(self, client: Client, password: str, **more: str) -> Any:
        data = {
            "format": "csv",
            "columns": ["actor"],
            "csv_compress": "zip",
            "any_password": password,
            **more,
        }
        return client.post(f"{AUDIT_LIST}export/", data)

    def test_it_takes_a_password(self, manager: Client) -> None:
        self.send(manager, PASSWORD)

        done = run(only_export())
        assert list(opened(path_of(done))) == ["audit.csv"]
        page = manager.get(f"/admin/exports/export/{done.pk}/change/").content.decode()
        assert "ZIP with a password" in page
        assert "Kupala" not in page

    @pytest.mark.parametrize(
        ("password", "more", "told"),
        [
            ("short-11-ch", {}, "12 to 99 characters"),
            (PASSWORD, {"csv_compress": "none"}, "Only a ZIP can have a password"),
        ],
    )
    def test_what_is_wrong_stands_under_its_field(
        self, manager: Client, password: str, more: dict[str, str], told: str
    ) -> None:
        answer = self.send(manager, password, **more)

        page = answer.content.decode()
        assert answer.status_code == 200
        assert told in page
        assert f'value="{password}"' not in page
        assert 'autocomplete="new-password"' in page
        with all_tenants():
            assert not Export.objects.exists()

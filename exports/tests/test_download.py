"""Downloads: names, ranges, signed links, and files that are not there."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from exports.links import LINK_LIFETIME, is_signed_for, signed_url
from exports.models import Export, State
from exports.tests.support import ask, make_entries, path_of, run
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member


@pytest.fixture
def done(tenant: Tenant) -> Export:
    make_entries(tenant, 20)
    return run(ask(tenant))


@pytest.fixture
def manager(tenant: Tenant, client: Client) -> Client:
    client.force_login(make_member(tenant, "manager").user)
    return client


def fetch(client: Client, export: Export, **headers: str) -> Any:
    return client.get(f"/export/{export.pk}/download", headers=headers)


def test_headers(done: Export, manager: Client) -> None:
    with all_tenants():
        Export.objects.update(file_name='Звонки "2026".csv')

    response = fetch(manager, done)

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Length"] == str(done.size)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["ETag"] == f'"{done.sha256}"'
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%D0%97%D0%B2")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=3-999999999", 3, None)],
)
def test_ranges(done: Export, manager: Client, wanted: str, first: int, last: int | None) -> None:
    content = path_of(done).read_bytes()
    expected = content[first : None if last is None else last + 1]

    response = fetch(manager, done, Range=wanted)

    assert response.status_code == 206
    assert b"".join(response) == expected
    start = first % len(content)
    assert response.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(content)}"
    assert response.headers["Content-Length"] == str(len(expected))


@pytest.mark.parametrize("wanted", ["bytes=999999999-", "bytes=5-2", "bytes=-0"])
def test_impossible_ranges(done: Export, manager: Client, wanted: str) -> None:
    response = fetch(manager, done, Range=wanted)

    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{done.size}"


@pytest.mark.parametrize("wanted", ["lines=1-2", "bytes=0-1,5-6", "bytes=-", "bytes=" + "9" * 5_000 + "-"])
def test_ranges_that_a_server_may_ignore_give_the_whole_file(
    done: Export, manager: Client, wanted: str
) -> None:
    assert fetch(manager, done, Range=wanted).status_code == 200


def test_a_range_of_another_version_gives_the_whole_file(done: Export, manager: Client) -> None:
    assert fetch(manager, done, **{"Range": "bytes=0-1", "If-Range": '"other"'}).status_code == 200
    assert fetch(manager, done, **{"Range": "bytes=0-1", "If-Range": f'"{done.sha256}"'}).status_code == 206


def test_any_accept_header_gets_the_file(done: Export, manager: Client) -> None:
    assert fetch(manager, done, Accept="application/vnd.ms-excel").status_code == 200


def test_a_signed_link_needs_no_credentials(done: Export) -> None:
    link = urlsplit(signed_url(done))

    response = Client().get(f"{link.path}?{link.query}", headers={"Accept": "text/csv"})

    assert response.status_code == 200
    assert b"".join(response) == path_of(done).read_bytes()


def test_a_link_is_good_for_one_export_and_some_minutes(
    done: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed_url(done).partition("token=")[2]
    client = Client()

    assert client.get(f"/export/{uuid.uuid4()}/download?token={token}").status_code == 403
    assert client.get(f"/export/{done.pk}/download?token={token}x").status_code == 403
    assert client.get(f"/export/{done.pk}/download?token=").status_code == 403
    real = signing.time.time
    monkeypatch.setattr(signing.time, "time", lambda: real() + LINK_LIFETIME.total_seconds() + 1)
    assert not is_signed_for(token, done.pk)


def test_a_stranger_is_asked_to_sign_in(done: Export) -> None:
    response = fetch(Client(), done)

    assert response.status_code == 302
    assert response.headers["Location"] == f"/admin/login/?next=/export/{done.pk}/download"


def test_an_expired_file_is_gone(done: Export, manager: Client) -> None:
    with all_tenants():
        Export.objects.update(state=State.EXPIRED)

    response = fetch(manager, done)

    assert response.status_code == 410
    assert response.headers["Content-Type"].startswith("application/problem+json")


def test_a_missing_file_is_gone(done: Export, manager: Client) -> None:
    path_of(done).unlink()

    assert fetch(manager, done).status_code == 410


def test_an_overdue_file_is_gone_before_the_broom_comes(done: Export, manager: Client) -> None:
    with all_tenants():
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert fetch(manager, done).status_code == 410


@pytest.mark.parametrize("state", [State.PENDING, State.RUNNING, State.FAILED, State.CANCELLED])
def test_a_file_that_is_not_there_is_a_conflict(done: Export, manager: Client, state: str) -> None:
    with all_tenants():
        Export.objects.update(state=state)

    assert fetch(manager, done).status_code == 409

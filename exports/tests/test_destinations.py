"""Each kind of destination against a real server: what arrives, what a repeat does, and a sentence for each failure."""

import getpass
import hashlib
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installation

from exports.destinations import KINDS, Destination, NotSent, OutgoingFile
from exports.destinations.base import Interrupted, temporary_name
from exports.destinations.forms import clean_values
from exports.tests.carrying import outgoing
from tests.outside.files import Storage
from tests.outside.s3 import ObjectStorage
from tests.outside.smtp import MailServer
from tests.outside.ssh import Sshd, sshd
from tests.outside.webdav import WebDavServer

LOOPBACK = "127.0.0.0/8"
MB = 1024 * 1024


def opened(kind: str, settings: Any, credentials: Any = None, extra: str = LOOPBACK) -> Destination:
    """As it would be stored, and opened."""
    found = clean_values(KINDS[kind].form, settings, credentials or {}, LOOPBACK)
    return KINDS[kind].open(*found, extra)


def failure(act: Callable[[], object]) -> NotSent:
    with pytest.raises(NotSent) as caught:
        act()
    return caught.value


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "there"
    folder.mkdir()
    return folder


@pytest.fixture
def file(tmp_path: Path) -> OutgoingFile:
    return outgoing(tmp_path)


@pytest.fixture
def large(tmp_path: Path) -> OutgoingFile:
    """Of 40 MB, no two pieces of which are alike."""
    return outgoing(tmp_path, b"".join(hashlib.sha256(bytes([n])).digest() * 32768 for n in range(40)))


# WebDAV


@pytest.fixture
def cloud(place: Path) -> Iterator[WebDavServer]:
    with WebDavServer(place) as server:
        yield server


def dav(server: WebDavServer, **settings: Any) -> Destination:
    known = {"url": server.url, "username": server.username}
    return opened("webdav", known | settings, {"password": server.password})


def test_webdav_takes_a_file_whole(cloud: WebDavServer, place: Path, file: OutgoingFile) -> None:
    receipt = dav(cloud).send(file, "Отчёт 1%.csv")

    assert [(one.name, one.read_bytes()) for one in place.iterdir()] == [
        ("Отчёт 1%.csv", file.path.read_bytes())
    ]
    assert receipt.place == f"{cloud.url}%D0%9E%D1%82%D1%87%D1%91%D1%82%201%25.csv"
    assert [method for method, _path, _headers in cloud.asked] == ["PROPFIND", "PUT", "MOVE"]


def test_webdav_by_a_token(cloud: WebDavServer, place: Path, file: OutgoingFile) -> None:
    settings = {"url": cloud.url, "login": "bearer"}
    opened("webdav", settings, {"token": cloud.token}).send(file, "a.csv")

    assert failure(lambda: opened("webdav", settings, {"token": "x"}).send(file, "b.csv")).code == "refused"
    assert [one.name for one in place.iterdir()] == ["a.csv"]


def test_webdav_in_constant_memory(cloud: WebDavServer, place: Path, large: OutgoingFile) -> None:
    destination = dav(cloud)
    tracemalloc.start()
    destination.send(large, "a.csv")
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert hashlib.sha256((place / "a.csv").read_bytes()).hexdigest() == large.sha256
    assert most < 4 * MB


def test_webdav_replaces_or_refuses(cloud: WebDavServer, place: Path, file: OutgoingFile) -> None:
    (place / "a.csv").write_text("another")
    careful = dav(cloud, existing="refuse")

    assert failure(lambda: careful.send(file, "a.csv")).code == "name_exists"
    assert [one.read_text() for one in place.iterdir()] == ["another"]
    dav(cloud).send(file, "a.csv")
    careful.send(file, "a.csv")  # our very own, left by an attempt that could not be recorded

    assert [one.read_bytes() for one in place.iterdir()] == [file.path.read_bytes()]


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("PROPFIND", 403, "forbidden"),
        ("PROPFIND", 405, "no_webdav"),
        ("PROPFIND", 200, "no_webdav"),
        ("PROPFIND", 302, "moved"),
        ("PUT", 403, "forbidden"),
        ("PUT", 409, "folder_missing"),
        ("PUT", 413, "too_large"),
        ("PUT", 423, "locked"),
        ("PUT", 507, "full"),
        ("PUT", 500, "server_error"),
        ("MOVE", 412, "name_exists"),
        ("MOVE", 501, "no_rename"),
    ],
)
def test_webdav_failures(
    cloud: WebDavServer, place: Path, file: OutgoingFile, method: str, status: int, code: str
) -> None:
    cloud.troubles[method] = status

    assert failure(lambda: dav(cloud).send(file, "a.csv")).code == code
    assert list(place.iterdir()) == []


def test_webdav_full_in_the_middle(cloud: WebDavServer, place: Path, large: OutgoingFile) -> None:
    cloud.quota = MB

    assert failure(lambda: dav(cloud).send(large, "a.csv")).code == "full"
    assert list(place.iterdir()) == []


def test_webdav_says_when_to_come_back(cloud: WebDavServer, file: OutgoingFile) -> None:
    cloud.troubles["PUT"], cloud.headers["Retry-After"] = 429, "77"

    refused = failure(lambda: dav(cloud).send(file, "a.csv"))

    assert (refused.code, refused.retry_after, refused.is_final) == ("busy", 77.0, False)


def test_webdav_without_its_folder(cloud: WebDavServer, file: OutgoingFile) -> None:
    settings = {"url": f"{cloud.url}nowhere/", "username": cloud.username}
    destination = opened("webdav", settings, {"password": cloud.password})

    assert failure(lambda: destination.send(file, "a.csv")).code == "folder_missing"
    assert failure(destination.check).code == "folder_missing"


def test_webdav_is_tried(cloud: WebDavServer, place: Path) -> None:
    assert dav(cloud).check()
    assert list(place.iterdir()) == []


def test_an_upload_that_is_not_wanted_any_more_ends(
    cloud: WebDavServer, place: Path, large: OutgoingFile, tmp_path: Path
) -> None:
    answers = iter([True, True, False])
    unwanted = outgoing(tmp_path, large.path.read_bytes(), is_wanted=lambda: next(answers, False))

    with pytest.raises(Interrupted):
        dav(cloud).send(unwanted, "a.csv")

    assert not (place / "a.csv").exists()


SENDER = """
import sys, uuid, hashlib, pathlib, django
django.setup()
from exports.destinations import KINDS, OutgoingFile
path, url, password, id_ = pathlib.Path(sys.argv[1]), *sys.argv[2:5]
content = path.read_bytes()
file = OutgoingFile(uuid.UUID(id_), path, len(content), hashlib.sha256(content).hexdigest(), "text/csv", "Calls")
settings = {"url": url, "login": "basic", "username": "hub", "existing": "refuse"}
KINDS["webdav"].open(settings, {"password": password}, "127.0.0.0/8").send(file, "a.csv")
"""


def test_a_sender_that_is_killed_between_put_and_move(
    cloud: WebDavServer, place: Path, file: OutgoingFile, tmp_path: Path
) -> None:
    """What it left is written over by the next attempt, and nobody has seen half a file."""
    arguments = [str(file.path), cloud.url, cloud.password, str(file.id)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path)}
    killed: list[subprocess.Popen[bytes]] = []
    has_begun = threading.Event()

    def kill() -> None:
        has_begun.wait(60)
        killed[0].kill()
        killed[0].wait(60)

    cloud.on_put = kill
    killed.append(subprocess.Popen([sys.executable, "-c", SENDER, *arguments], env=environment))
    has_begun.set()
    assert killed[0].wait(60) == -signal.SIGKILL
    assert [one.name for one in place.iterdir()] == [temporary_name("a.csv", file)]

    cloud.on_put = lambda: None
    destination = dav(cloud, existing="refuse")
    for _turn in range(2):
        destination.send(file, "a.csv")

    assert {one.name: one.read_bytes() for one in place.iterdir()} == {"a.csv": file.path.read_bytes()}


@pytest.mark.parametrize(
    ("url", "extra", "code"),
    [
        ("http://127.0.0.1:65533/", LOOPBACK, "unreachable"),
        ("http://127.0.0.1:65533/", "", "not_allowed"),
        ("http://no-such-host.invalid/", LOOPBACK, "host_unknown"),
    ],
)
def test_hosts_that_cannot_be_reached(file: OutgoingFile, url: str, extra: str, code: str) -> None:
    destination = opened("webdav", {"url": url, "login": "none"}, extra=extra)

    assert failure(lambda: destination.send(file, "a.csv")).code == code


# HTTP


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_http_upload(cloud: WebDavServer, place: Path, file: OutgoingFile, method: str) -> None:
    if method == "POST":
        cloud.RequestHandlerClass.do_POST = cloud.RequestHandlerClass.do_PUT
    settings = {"url": f"{cloud.url}{{name}}", "method": method, "login": "basic", "username": "hub"}
    destination = opened("http", settings, {"password": cloud.password})

    receipt = destination.send(file, "a b.csv")

    assert (place / "a b.csv").read_bytes() == file.path.read_bytes()
    assert receipt.place == f"{cloud.url}a%20b.csv"
    [(asked, _path, headers)] = cloud.asked
    assert (asked, headers["Idempotency-Key"], headers["Content-Length"]) == (method, str(file.id), "8")
    cloud.troubles[method] = 404
    assert failure(lambda: destination.send(file, "a.csv")).code == "not_found"


# S3


@pytest.fixture
def storage() -> Iterator[ObjectStorage]:
    with ObjectStorage("exports") as server:
        yield server


def s3(server: ObjectStorage, secret: str = Storage.secret, **settings: Any) -> Destination:
    known = {
        "endpoint": server.url,
        "bucket": "exports",
        "region": Storage.region,
        "key_id": Storage.key_id,
        "prefix": "/june/in/",
    }
    return opened("s3", known | settings, {"secret_key": secret})


def test_s3_takes_a_file_and_knows_it_again(storage: ObjectStorage, file: OutgoingFile) -> None:
    for _turn in range(2):
        receipt = s3(storage).send(file, "a b+c.csv")

    assert storage.files == {"/exports/june/in/a b+c.csv": file.path.read_bytes()}
    assert receipt.place == "s3://exports/june/in/a b+c.csv"
    assert [method for method, _path, _headers in storage.asked] == ["HEAD", "PUT", "HEAD"]


def test_s3_in_parts(storage: ObjectStorage, large: OutgoingFile) -> None:
    storage.uploads["left&over"] = ("/exports/june/in/a.csv", {}, {1: b"x"})  # of a worker that was killed
    s3(storage).send(large, "a.csv")

    [content] = storage.files.values()
    assert hashlib.sha256(content).hexdigest() == large.sha256
    assert storage.uploads == {}
    assert sum("partNumber" in path for _method, path, _headers in storage.asked) == 3


def test_s3_part_that_fails_leaves_nothing(storage: ObjectStorage, large: OutgoingFile) -> None:
    answers = iter([True] * 200)
    stopping = outgoing(large.path.parent, large.path.read_bytes(), is_wanted=lambda: next(answers, False))

    with pytest.raises(Interrupted):
        s3(storage).send(stopping, "a.csv")

    assert (storage.files, storage.uploads, len(storage.begun)) == ({}, {}, 1)


def test_s3_replaces_or_refuses(storage: ObjectStorage, file: OutgoingFile) -> None:
    storage.files["/exports/june/in/a.csv"] = b"another"

    assert failure(lambda: s3(storage, existing="refuse").send(file, "a.csv")).code == "name_exists"
    s3(storage).send(file, "a.csv")

    assert storage.files["/exports/june/in/a.csv"] == file.path.read_bytes()


def test_s3_failures(storage: ObjectStorage, file: OutgoingFile) -> None:
    wrong = s3(storage, secret="wr0ng-secret")
    refused = failure(lambda: wrong.send(file, "a.csv"))
    assert refused.code == "refused"
    assert "wr0ng-secret" not in f"{refused}{refused.detail}"
    assert failure(lambda: s3(storage, bucket="nowhere").send(file, "a.csv")).code == "bucket_missing"
    for answer, code in (
        ((403, "AccessDenied"), "forbidden"),
        ((507, "XMinioStorageFull"), "full"),
        ((400, "AuthorizationHeaderMalformed"), "region"),
        ((503, "SlowDown"), "busy"),
        ((418, "Teapot"), "rejected"),
    ):
        storage.trouble = answer
        assert failure(lambda: s3(storage).send(file, "a.csv")).code == code
        assert failure(s3(storage).check).code == code
    assert storage.files == {}


def test_s3_is_tried(storage: ObjectStorage) -> None:
    assert "exports/june/in" in s3(storage).check()
    assert storage.files == {}


@pytest.mark.parametrize(
    ("kind", "values", "credentials"),
    [
        ("webdav", {"login": "bearer"}, {"token": "токен"}),
        ("http", {"login": "bearer", "method": "PUT"}, {"token": "токен"}),
        ("s3", {"bucket": "exports", "key_id": "ключ"}, {"secret_key": "x"}),
        ("s3", {"bucket": "exports", "key_id": "AKID", "region": "регион"}, {"secret_key": "x"}),
    ],
)
def test_what_no_header_can_carry_is_told(
    cloud: WebDavServer, file: OutgoingFile, kind: str, values: Any, credentials: Any
) -> None:
    """Of destinations that were saved before such values were refused."""
    address = {"url": cloud.url, "endpoint": cloud.url.removesuffix("/dav/")}
    place = KINDS[kind].open(address | values, credentials, LOOPBACK)

    assert failure(lambda: place.send(file, "calls.csv")).code == "settings"
    assert failure(place.check).code == "settings"
    assert cloud.asked == []


def test_an_empty_file_is_a_file(
    storage: ObjectStorage, cloud: WebDavServer, place: Path, tmp_path: Path
) -> None:
    empty = outgoing(tmp_path, b"")
    s3(storage).send(empty, "a.csv")
    dav(cloud).send(empty, "a.csv")

    assert list(storage.files.values()) == [b""]
    assert (place / "a.csv").read_bytes() == b""


# SFTP


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def sftp(ssh: Sshd, folder: Path, key: str = "", **settings: Any) -> Destination:
    known: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": ssh.port,
        "host_key": ssh.host_key(),
        "username": getpass.getuser(),
        "login": "key",
        "folder": str(folder),
    }
    return opened("sftp", known | settings, {"private_key": key or ssh.client_key})


def test_sftp_takes_a_file_whole(ssh: Sshd, place: Path, large: OutgoingFile) -> None:
    receipt = sftp(ssh, place).send(large, "Отчёт 1.csv")

    assert [one.name for one in place.iterdir()] == ["Отчёт 1.csv"]
    assert hashlib.sha256((place / "Отчёт 1.csv").read_bytes()).hexdigest() == large.sha256
    assert receipt.place == f"sftp://127.0.0.1{place}/Отчёт 1.csv"


def test_sftp_replaces_or_refuses(ssh: Sshd, place: Path, file: OutgoingFile) -> None:
    (place / "a.csv").write_text("another")
    careful = sftp(ssh, place, existing="refuse")

    assert failure(lambda: careful.send(file, "a.csv")).code == "name_exists"
    assert [one.read_text() for one in place.iterdir()] == ["another"]
    sftp(ssh, place).send(file, "a.csv")
    careful.send(file, "a.csv")
    careful.send(file, "b.csv")

    assert {one.name: one.read_bytes() for one in place.iterdir()} == dict.fromkeys(
        ("a.csv", "b.csv"), file.path.read_bytes()
    )


def test_sftp_is_tried(ssh: Sshd, place: Path) -> None:
    assert str(place) in sftp(ssh, place).check()
    assert list(place.iterdir()) == []


def test_sftp_failures(ssh: Sshd, place: Path, file: OutgoingFile) -> None:
    stranger = " ".join((ssh.folder / "client.pub").read_text().split()[:2])
    wrong = (ssh.folder / "host_ed25519").read_text()
    command = ["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", str(ssh.folder / "ecdsa")]
    subprocess.run(command, check=True, timeout=60)
    of_another_kind = " ".join((ssh.folder / "ecdsa.pub").read_text().split()[:2])
    (place / "a.csv").mkdir()
    for destination, code in (
        (sftp(ssh, place, host_key=stranger), "host_key"),
        (sftp(ssh, place, host_key=of_another_kind), "host_key"),
        (sftp(ssh, place, key=wrong), "refused"),
        (sftp(ssh, place / "nowhere"), "folder_missing"),
        (sftp(ssh, place, port=9), "unreachable"),
        (sftp(ssh, place, host="no-such-host.invalid"), "host_unknown"),
        (sftp(ssh, place), "no_rename"),  # a folder has that name
    ):
        assert failure(lambda one=destination: one.send(file, "a.csv")).code == code  # type: ignore[misc]
    assert [one.name for one in place.iterdir()] == ["a.csv"]
    private = KINDS["sftp"].open({**sftp_settings(ssh)}, {"private_key": ssh.client_key}, "")
    assert failure(private.check).code == "not_allowed"


def sftp_settings(ssh: Sshd) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": ssh.port,
        "host_key": ssh.host_key(),
        "username": "hub",
        "login": "key",
    }


def test_sftp_without_room(ssh: Sshd, place: Path, file: OutgoingFile) -> None:
    (place / temporary_name("a.csv", file)).symlink_to("/dev/full")

    refused = failure(lambda: sftp(ssh, place).send(file, "a.csv"))

    assert (refused.code, refused.is_final) == ("full", False)
    assert list(place.iterdir()) == []


# E-mail


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    with MailServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = ""
        yield server


def test_mail_with_the_file(post: MailServer, file: OutgoingFile) -> None:
    destination = opened("email", {"addresses": ["anna@example.com", "boris@example.com"]})

    for _turn in range(2):
        destination.send(file, "Отчёт.csv")

    assert [mail["To"] for mail in post.mails] == ["anna@example.com", "boris@example.com"] * 2
    ids = [mail["Message-ID"] for mail in post.mails]
    assert len(set(ids)) == 2
    assert ids[:2] == ids[2:]
    attachment: Any = list(post.mails[0].walk())[-1]
    assert attachment.get_filename() == "Отчёт.csv"
    assert attachment.get_payload(decode=True) == file.path.read_bytes()
    assert attachment.get_content_type() == "text/csv"


def test_mail_with_a_link_to_a_large_file(post: MailServer, large: OutgoingFile) -> None:
    opened("email", {"addresses": ["anna@example.com"], "subject": "Calls of June"}).send(large, "a.csv")

    [mail] = post.mails
    assert not mail.is_multipart()
    assert large.link in bytes(mail.get_payload(decode=True)).decode()
    assert mail["Subject"] == "Calls of June"


def test_mail_failures(post: MailServer, file: OutgoingFile, settings: Any) -> None:
    destination = opened("email", {"addresses": ["anna@example.com", "boris@example.com"]})

    post.refused["anna@example.com"] = "550 no such user"
    refused = failure(lambda: destination.send(file, "a.csv"))
    assert (refused.code, refused.is_final) == ("address_refused", True)
    assert "anna@example.com" in str(refused)
    assert [mail["To"] for mail in post.mails] == ["boris@example.com"]
    post.refused.clear()
    for answer, code in (
        ("552 too big", "too_large"),
        ("451 later", "mail_failed"),
        ("554 no", "mail_refused"),
    ):
        post.refuses_data = answer
        assert failure(lambda: destination.send(file, "a.csv")).code == code
    settings.EMAIL_PORT = 9
    away = failure(lambda: destination.send(file, "a.csv"))
    assert (away.code, away.is_final) == ("mail_away", False)
    assert "Error" not in str(away)
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert failure(destination.check).code == "no_mail"


def test_a_full_mail_box_keeps_nobody_else_waiting(post: MailServer, file: OutgoingFile) -> None:
    """And whoever has the mail does not get it with every further attempt."""
    everybody = ["full@example.com", "anna@example.com", "boris@example.com"]
    destination = opened("email", {"addresses": everybody})
    post.refused["full@example.com"] = "452 4.2.2 mailbox full"

    later = failure(lambda: destination.send(file, "a.csv"))

    assert (later.code, later.is_final) == ("address_later", False)
    assert "full@example.com" in str(later)
    assert later.reached == {"anna@example.com", "boris@example.com"}
    assert [mail["To"] for mail in post.mails] == everybody[1:]
    post.refused.clear()
    destination.send(replace(file, reached=later.reached), "a.csv")
    assert [mail["To"] for mail in post.mails] == [*everybody[1:], everybody[0]]


def test_what_may_pass_is_told_before_what_is_refused_for_good(post: MailServer, file: OutgoingFile) -> None:
    destination = opened("email", {"addresses": ["gone@example.com", "full@example.com"]})
    post.refused |= {"gone@example.com": "550 no such user", "full@example.com": "452 full"}

    assert failure(lambda: destination.send(file, "a.csv")).code == "address_later"


@pytest.mark.parametrize(
    ("verb", "answer", "code", "is_final"),
    [
        ("MAIL", "530 5.7.0 Authentication required", "mail_login", True),
        ("AUTH", "535 5.7.8 bad password", "mail_login", True),
        ("AUTH", "534 5.7.9 Application-specific password required", "mail_login", True),
        ("AUTH", "454 4.7.0 not now", "mail_away", False),
        ("MAIL", "553 5.7.1 Sender address rejected: not owned by auth user", "sender_refused", True),
        ("MAIL", "552 5.3.4 too big", "too_large", True),
        ("MAIL", "451 4.7.1 later", "mail_failed", False),
    ],
)
def test_what_is_wrong_with_the_installations_own_mail(
    post: MailServer, settings: Any, verb: str, answer: str, code: str, is_final: bool
) -> None:
    """It is no fault of the address, nor of the file, and only the operator can mend it."""
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = ("hub", "x") if verb == "AUTH" else ("", "")
    post.answers[verb] = answer

    told = failure(opened("email", {"addresses": ["anna@example.com"]}).check)

    assert (told.code, told.is_final) == (code, is_final)


def test_mail_is_tried(post: MailServer) -> None:
    assert opened("email", {"addresses": ["anna@example.com"]}).check()
    assert len(post.mails) == 1
    assert post.mails[0]["From"] == installation.DEFAULT_FROM_EMAIL

"""The ways to a recording, each against a real server: sizes, ranges, refusals, and paths that lead out."""

import getpass
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telephony.models import RecordingStore
from telephony.recordings.places import opened
from telephony.recordings.tests.factories import SOUND
from tenants.errors import AuthFailed, ConfigError, TransientError
from tenants.models import Tenant
from tests.outside.files import FileServer, Storage
from tests.outside.ssh import Sshd, sshd

PARTS = ("2026", "11", "in +375 1.wav")


def store(**values: Any) -> RecordingStore:
    return RecordingStore(tenant=Tenant(egress_allow="127.0.0.0/8"), **values)


def read(place: Any, first: int = 0, length: int = len(SOUND)) -> bytes:
    return b"".join(place.read(PARTS, first, length))


@pytest.fixture(params=["ranges", "no ranges", "no head"])
def web(request: pytest.FixtureRequest) -> Iterator[FileServer]:
    files = {"/rec/2026/11/in +375 1.wav": SOUND}
    with FileServer(
        files, has_ranges=request.param != "no ranges", knows_head=request.param != "no head"
    ) as one:
        yield one


def test_a_web_server_with_and_without_ranges(web: FileServer) -> None:
    with opened(store(kind="http", template=f"{web.url}/rec/{{path}}")) as place:
        assert place.size(PARTS) == len(SOUND)
        assert place.size(("2026", "nothing.wav")) is None
        assert read(place) == SOUND
        assert read(place, 70_000, 10_000) == SOUND[70_000:80_000]
        assert read(place, 102_390, 100) == SOUND[102_390:]


def test_a_web_servers_password_goes_along_and_a_refusal_is_told(web: FileServer) -> None:
    web.refuses = lambda request: 0 if request.headers.get("Authorization") == "Basic aHViOnBhc3M=" else 401  # type: ignore[method-assign]
    known = {"kind": "http", "template": f"{web.url}/rec/{{path}}", "username": "hub"}

    with opened(store(**known, secret="pass")) as place:
        assert place.size(PARTS) == len(SOUND)
    with opened(store(**known, secret="wrong")) as place, pytest.raises(AuthFailed):
        place.size(PARTS)


def test_a_server_that_is_gone_broken_or_private() -> None:
    with FileServer({}) as server:
        url = server.url
        server.refuses = lambda request: 500  # type: ignore[method-assign]
        with opened(store(kind="http", template=f"{url}/{{path}}")) as place, pytest.raises(TransientError):
            place.size(PARTS)
    with opened(store(kind="http", template=f"{url}/{{path}}")) as place, pytest.raises(TransientError):
        place.size(PARTS)
    private = RecordingStore(tenant=Tenant(), kind="http", template="http://10.0.0.1/{path}")
    with opened(private) as place, pytest.raises(ConfigError):
        place.size(PARTS)


def test_a_redirect_is_not_followed(web: FileServer) -> None:
    web.refuses = lambda request: 302  # type: ignore[method-assign]

    with (
        opened(store(kind="http", template=f"{web.url}/rec/{{path}}")) as place,
        pytest.raises(TransientError),
    ):
        place.size(PARTS)


def test_a_storage_checks_our_signature() -> None:
    known = {
        "kind": "s3",
        "bucket": "calls",
        "root": "june/rec",
        "region": Storage.region,
        "username": Storage.key_id,
    }
    with Storage({"/calls/june/rec/2026/11/in +375 1.wav": SOUND}) as storage:
        with opened(store(**known, endpoint=storage.url, secret=storage.secret)) as place:
            assert place.size(PARTS) == len(SOUND)
            assert place.size(("nothing.wav",)) is None
            assert read(place, 5, 10) == SOUND[5:15]
        with opened(store(**known, endpoint=storage.url, secret="wrong")) as place, pytest.raises(AuthFailed):
            place.size(PARTS)
        assert storage.secret not in str(storage.asked)


def test_reading_is_small_in_memory_whatever_the_length(tmp_path: Path, settings: Any) -> None:
    settings.RECORDING_ROOTS = [str(tmp_path)]
    large = tmp_path / "large.wav"
    with large.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)
    with opened(store(kind="local", root=str(tmp_path))) as place:
        tracemalloc.start()
        total = sum(len(piece) for piece in place.read(("large.wav",), 0, 200 * 1024 * 1024))
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert total == 200 * 1024 * 1024
    assert most < 4 * 1024 * 1024


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    folder = tmp_path / "monitor"
    (folder / "2026" / "11").mkdir(parents=True)
    (folder / "2026" / "11" / PARTS[-1]).write_bytes(SOUND)
    return folder


def sftp(ssh: Sshd, folder: Path, **values: Any) -> RecordingStore:
    named: dict[str, Any] = {
        "kind": "sftp",
        "host": "127.0.0.1",
        "port": ssh.port,
        "host_key": ssh.host_key(),
        "username": getpass.getuser(),
        "private_key": ssh.client_key,
        "root": str(folder),
    }
    return store(**(named | values))


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_sftp_to_the_pinned_host(ssh: Sshd, monitor: Path, kind: str) -> None:
    with opened(sftp(ssh, monitor, host_key=f"pbx.example {ssh.host_key(kind)} a comment")) as place:
        assert place.size(PARTS) == len(SOUND)
        assert place.size(("2026", "nothing.wav")) is None
        assert read(place) == SOUND
        assert read(place, 70_000, 10_000) == SOUND[70_000:80_000]


def test_sftp_says_nothing_to_another_host(ssh: Sshd, monitor: Path) -> None:
    stranger = " ".join((ssh.folder / "client.pub").read_text().split()[:2])

    with pytest.raises(ConfigError, match="another key"), opened(sftp(ssh, monitor, host_key=stranger)):
        pass


def test_sftp_with_a_wrong_key_or_without_a_host(ssh: Sshd, monitor: Path) -> None:
    wrong = (ssh.folder / "host_ed25519").read_text()
    with pytest.raises(AuthFailed), opened(sftp(ssh, monitor, private_key=wrong)):
        pass
    with pytest.raises(TransientError), opened(sftp(ssh, monitor, port=1)):
        pass


def test_sftp_links_that_lead_out_lead_nowhere(ssh: Sshd, monitor: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(SOUND)
    (monitor / "out.wav").symlink_to(tmp_path / "secret.wav")
    (monitor / "up").symlink_to(tmp_path)

    with opened(sftp(ssh, monitor)) as place:
        assert place.size(("out.wav",)) is None
        assert place.size(("up", "secret.wav")) is None


@pytest.mark.parametrize("text", ["", "ssh-ed25519", "nonsense AAAA", "AAAA"])
def test_a_host_key_that_is_none(ssh: Sshd, monitor: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="host key is not one"), opened(sftp(ssh, monitor, host_key=text)):
        pass


def test_a_private_key_that_is_none(ssh: Sshd, monitor: Path) -> None:
    nonsense = "-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n-----END OPENSSH PRIVATE KEY-----"

    with (
        pytest.raises(ConfigError, match="private key cannot be read"),
        opened(sftp(ssh, monitor, private_key=nonsense)),
    ):
        pass

"""A disk that is really full: a small file system where one may be mounted, else a limit of the process."""

import resource
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exports import lanes
from exports.actions import rerun_export
from exports.engine.job import write_file
from exports.formats import FORMATS
from exports.models import State
from exports.tests.support import ask, make_entries, path_of, run
from tenants.models import Event, Tenant, Work
from tenants.scoping import tenant_scope

ROOM = 64 * 1024


def mounted(place: Path) -> bool:
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def limited() -> Iterator[None]:
    """No file of this process may grow beyond that: the next best to a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def small_disk(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """EXPORT_DIR, with room for 64 KiB."""
    place = tmp_path / "small"
    settings.EXPORT_DIR = place / "exports"
    if mounted(place):
        yield settings.EXPORT_DIR
        subprocess.run(["umount", str(place)], check=True)
        return

    def write(*given: Any) -> Any:
        with limited():
            return write_file(*given)

    # Only while the file is written: the database of the test has files as well.
    monkeypatch.setattr(lanes, "write_file", write)
    yield settings.EXPORT_DIR


def incompressible(tenant: Tenant) -> None:
    """More than the disk takes, however it is packed."""
    for _ in range(12):
        make_entries(tenant, 1, after=secrets.token_hex(15_000))


@pytest.mark.parametrize("format", list(FORMATS))
@pytest.mark.parametrize("password", ["", "Kolas & Kupala 1912"])
def test_a_full_disk_fails_in_words_and_leaves_nothing(
    tenant: Tenant, small_disk: Path, format: str, password: str
) -> None:
    incompressible(tenant)
    is_packed = FORMATS[format].is_packed
    options = {"password": password, **({} if is_packed else {"compress": "zip"})} if password else {}

    failed = run(ask(tenant, format=format, options=options))

    assert (failed.state, failed.error_code) == (State.FAILED, "disk_full")
    assert failed.reason == "The disk for exports is full. Remove old exports or tell the operator."
    assert list(path_of(failed).parent.iterdir()) == []
    assert not Work.objects.filter(
        lane=lanes.LANE
    ).exists()  # a full disk does not get empty by itself: asked again by people
    with tenant_scope(tenant):
        assert [event.data["code"] for event in Event.objects.all()] == ["disk_full"]


def test_what_fits_again_is_written(tenant: Tenant, small_disk: Path) -> None:
    incompressible(tenant)
    failed = run(ask(tenant))
    with tenant_scope(tenant):
        again = run(rerun_export(failed))
        small = run(ask(tenant, columns=["actor"]))

    assert [one.state for one in (failed, again, small)] == [State.FAILED, State.FAILED, State.DONE]
    assert [path.name for path in path_of(small).parent.iterdir()] == [path_of(small).name]


def test_a_disk_with_no_room_for_a_folder_fails_in_words(
    tenant: Tenant, settings: Any, tmp_path: Path
) -> None:
    place = tmp_path / "file"
    place.write_text("")
    settings.EXPORT_DIR = place / "exports"

    failed = run(ask(tenant))

    assert (failed.state, failed.error_code) == (State.FAILED, "disk")
    assert "EXPORT_DIR" in failed.reason

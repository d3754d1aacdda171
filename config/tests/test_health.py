"""What the parts of the installation say of themselves."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import health


@pytest.mark.parametrize(("free", "is_ok"), [(health.LEAST_FREE_BYTES, True), (3 * 1024**2, False)])
def test_a_disk_without_room_is_told(monkeypatch: pytest.MonkeyPatch, free: int, is_ok: bool) -> None:
    def usage(folder: Path) -> SimpleNamespace:
        return SimpleNamespace(free=free)

    monkeypatch.setattr(shutil, "disk_usage", usage)

    found = health._checks["disk"]()

    assert found.is_ok is is_ok
    assert ("only 3 MB are free in" in found.detail) is not is_ok

"""Compiles the message catalogues (*/LC_MESSAGES/*.po) that are newer than what was made of them."""

import os
from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.reloader import translation_file_changed


def compile_catalogues(folders: Iterable[Path]) -> list[Path]:
    """The catalogues that were compiled; fuzzy messages are left out, as gettext does."""
    catalogues = (path for folder in folders for path in sorted(folder.glob("*/LC_MESSAGES/*.po")))
    stale = [path for path in catalogues if _is_stale(path)]
    for path in stale:
        _compile(path)
        # What this process has looked up before is remembered, that there was no translation too.
        translation_file_changed(sender=None, file_path=path.with_suffix(".mo"))
    return stale


def _is_stale(path: Path) -> bool:
    compiled = path.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < path.stat().st_mtime


def _compile(path: Path) -> None:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.parent.parent.name)
    # Another copy may start from the same checkout at this moment: it must never read half a file.
    draft = path.with_suffix(f".mo.{os.getpid()}")
    with draft.open("wb") as target:
        write_mo(target, catalogue)
    draft.replace(path.with_suffix(".mo"))

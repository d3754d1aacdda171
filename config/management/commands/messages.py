"""Keeps the message catalogues complete: brings them up to date with the source, or (--check) says what is missing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.core.management import BaseCommand, CommandError, CommandParser

from config.env import BASE_DIR

LANGUAGES = ("ru",)
SOURCES = ("config", "tenants", "webhooks", "exports", "integrations", "telephony", "templates")
SHOWN = 40
Key = tuple[str | None, str]


class Command(BaseCommand):
    help = "Bring locale/*/LC_MESSAGES/django.po up to date with the source."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail when a message is missing"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if shutil.which("xgettext") is None:
            raise CommandError("GNU gettext is missing. Install it: sudo apt-get install gettext")
        if check:
            self._check()
        else:
            extract(BASE_DIR)

    def _check(self) -> None:
        faults = []
        with tempfile.TemporaryDirectory(prefix="switchboard-messages-") as name:
            folder = Path(name)
            copy_sources(folder)
            extract(folder)
            for language in LANGUAGES:
                wanted = read(catalogue_path(folder, language))
                present = read(catalogue_path(BASE_DIR, language))
                faults += [f"{language}: {fault}" for fault in compare(wanted, present)]
        if faults:
            more = f"\n… and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
            raise CommandError("\n".join(faults[:SHOWN]) + more + "\nRun `make messages`, then translate.")


def catalogue_path(folder: Path, language: str) -> Path:
    return folder / "locale" / language / "LC_MESSAGES" / "django.po"


def copy_sources(folder: Path) -> None:
    """What messages are extracted from, and the catalogues, so that the checkout stays untouched."""
    for name in (*SOURCES, "locale"):
        if (BASE_DIR / name).exists():
            shutil.copytree(
                BASE_DIR / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests", "*.mo")
            )


def extract(folder: Path) -> None:
    """Django's makemessages below `folder`. It runs without our settings, whose LOCALE_PATHS name the checkout."""
    (folder / "locale").mkdir(exist_ok=True)
    locales = [f"--locale={language}" for language in LANGUAGES]
    ignored = [f"--ignore={pattern}" for pattern in (".venv", "var", "tests", "benchmarks", "static")]
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        *locales,
        *ignored,
        "--no-location",
        "--no-obsolete",
    ]
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(done.stdout + done.stderr)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def compare(wanted: Catalog, present: Catalog) -> Iterable[str]:
    """What is wrong with the present catalogue, one line for each message."""
    known = {_key(message): message for message in present if message.id}
    for message in wanted:
        if not message.id:
            continue
        found = known.get(_key(message))
        if found is None:
            yield f"not in the catalogue: {_key(message)[1]!r}"
        elif found.fuzzy:
            yield f"fuzzy: {_key(message)[1]!r}"
        elif not _is_translated(found):
            yield f"not translated: {_key(message)[1]!r}"


def _key(message: Message) -> Key:
    text = message.id if isinstance(message.id, str) else message.id[0]
    return message.context, text


def _is_translated(message: Message) -> bool:
    strings = (message.string,) if isinstance(message.string, str) else message.string or ()
    return bool(strings) and all(strings)

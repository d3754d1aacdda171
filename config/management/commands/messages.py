"""Keeps the message catalogues complete: brings them up to date with the source, or (--check) says what is missing."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po
from django.apps import apps
from django.core.management import BaseCommand, CommandError, CommandParser

from config.env import BASE_DIR
from config.management.makemessages import ALIASES

LANGUAGES = ("ru",)
SOURCES = ("config", "tenants", "webhooks", "exports", "integrations", "telephony", "templates")
LOCALE = Path("locale")
# What the installed apps of others say and nobody has translated: django-unfold, for one, comes without Russian.
PACKAGES_LOCALE = LOCALE / "packages"
OWN_LOCALES = "integrations/connectors/*/locale"
ALIAS = re.compile(r"\bn?p?gettext(?:_lazy)? as (\w+)")
# Machines alone meet it: its pages are neither routed nor registered.
UNSEEN = {"oauth2_provider"}
SHOWN = 40
Key = tuple[str | None, str]


class Command(BaseCommand):
    help = "Bring locale/**/LC_MESSAGES/django.po up to date with the source."
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
            for language in LANGUAGES:
                add_borrowed(catalogue_path(BASE_DIR / PACKAGES_LOCALE, language), language)

    def _check(self) -> None:
        faults = list(unknown_aliases())
        with tempfile.TemporaryDirectory(prefix="switchboard-messages-") as name:
            folder = Path(name)
            copy_sources(folder)
            extract(folder)
            for language in LANGUAGES:
                wanted = read(catalogue_path(folder / LOCALE, language))
                present = read(catalogue_path(BASE_DIR / LOCALE, language))
                faults += [f"{language}: {fault}" for fault in compare(wanted, present)]
                borrowed = read(catalogue_path(BASE_DIR / PACKAGES_LOCALE, language))
                faults += [f"{language}: {fault}" for fault in compare(packages(language), borrowed)]
                for own in own_catalogues(folder):
                    wanted = read(catalogue_path(folder / own, language))
                    present = read(catalogue_path(BASE_DIR / own, language))
                    faults += [f"{own}, {language}: {fault}" for fault in compare(wanted, present)]
                faults += [fault for path in catalogues(language) for fault in malformed(path)]
        if faults:
            more = f"\n… and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
            raise CommandError("\n".join(faults[:SHOWN]) + more + "\nRun `make messages`, then translate.")


def catalogue_path(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / "django.po"


def own_catalogues(folder: Path) -> list[Path]:
    """The folders of translations that connectors bring themselves: gettext puts their messages there."""
    return [path.relative_to(folder) for path in sorted(folder.glob(OWN_LOCALES))]


def catalogues(language: str) -> list[Path]:
    folders = (LOCALE, PACKAGES_LOCALE, *own_catalogues(BASE_DIR))
    return [catalogue_path(BASE_DIR / folder, language) for folder in folders]


def malformed(path: Path) -> list[str]:
    """What gettext finds wrong with a catalogue: placeholders that differ, plural forms that are missing."""
    command = ["msgfmt", "--check-format", "--check-header", "--output-file=/dev/null", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stderr.splitlines() if done.returncode else []


def copy_sources(folder: Path) -> None:
    """What messages are extracted from, and the catalogues, so that the checkout stays untouched."""
    for name in (*SOURCES, str(LOCALE)):
        if (BASE_DIR / name).exists():
            shutil.copytree(
                BASE_DIR / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests", "*.mo")
            )


def unknown_aliases() -> Iterator[str]:
    """gettext imported by a name that the extraction does not know: its messages would be overlooked."""
    for source in SOURCES:
        for path in sorted((BASE_DIR / source).rglob("*.py")):
            for name in ALIAS.findall(path.read_text("utf-8")):
                if name not in ALIASES:
                    yield f"{path.relative_to(BASE_DIR)}: gettext imported as {name}; use one of {', '.join(ALIASES)}"


def extract(folder: Path) -> None:
    """makemessages below `folder`. It runs without our settings, whose LOCALE_PATHS name the checkout."""
    (folder / LOCALE).mkdir(exist_ok=True)
    locales = [f"--locale={language}" for language in LANGUAGES]
    ignored = [f"--ignore={pattern}" for pattern in (".venv", "var", "tests", "benchmarks", "static")]
    command = [
        sys.executable,
        "-P",  # what is extracted from is not what extracts: a package's copy lacks parts of it
        "-m",
        "config.management.makemessages",
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
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return {**kept, "PYTHONPATH": str(BASE_DIR)}


def packages(language: str) -> Catalog:
    """What is left for us to translate of the installed apps that others made."""
    translated = set(_translated_elsewhere(language))
    with tempfile.TemporaryDirectory(prefix="switchboard-messages-") as name:
        folder = Path(name)
        for package in sorted({app.name.partition(".")[0] for app in apps.get_app_configs()} - UNSEEN):
            if package not in SOURCES:
                shutil.copytree(_package_path(package), folder / package, ignore=_unused)
        extract(folder)
        found = read(catalogue_path(folder / LOCALE, language))
    left = Catalog(locale=language)
    for message in found:
        if message.id and _key(message) not in translated:
            left[message.id] = message
    return left


def _package_path(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CommandError(f"The package {package} is not installed.")
    return Path(spec.origin).parent


def _unused(folder: str, names: list[str]) -> list[str]:
    """The parts of a package that are apps of their own and not installed, and what holds no messages.

    Nor its catalogues: into them its messages would be extracted, and nobody would see which of them lack a translation.
    """
    installed = {Path(app.path) for app in apps.get_app_configs()}
    parts = {name for name in names if Path(folder, name, "apps.py").exists()}
    left_out = {name for name in parts if Path(folder, name) not in installed}
    return [*left_out, "__pycache__", "static", "locale"]


def _translated_elsewhere(language: str) -> Iterator[Key]:
    """The messages that Django and the installed apps translate themselves."""
    folders = [_package_path("django") / "conf", *(Path(app.path) for app in apps.get_app_configs())]
    for folder in folders:
        compiled = catalogue_path(folder / LOCALE, language).with_suffix(".mo")
        if compiled.exists():
            with compiled.open("rb") as file:
                for message in read_mo(file):
                    context, text = _key(message)
                    yield _decoded(context), text


def _decoded(context: str | bytes | None) -> str | None:
    """Babel leaves the contexts of a compiled catalogue as bytes."""
    return context.decode() if isinstance(context, bytes) else context


def add_borrowed(path: Path, language: str) -> None:
    """Adds what is new. Nothing is removed: other versions of the packages have other messages."""
    catalogue = read(path, language)
    known = {_key(message) for message in catalogue if message.id}
    for message in packages(language):
        if message.id and _key(message) not in known:
            catalogue.add(message.id, flags=message.flags, context=message.context)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, sort_output=True)


def read(path: Path, language: str | None = None) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


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

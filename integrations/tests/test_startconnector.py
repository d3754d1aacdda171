"""`manage.py startconnector` begins a folder that keeps the contract as it is: docs/connectors.md promises it.

A connector that nobody ships is begun in a folder of its own, and known under its name while its tests run.
"""

import sys
import tempfile
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from config.supervisor.translations import compile_catalogues
from integrations import connectors
from integrations.connectors.beginning import FOLDER, BadName, begin, renamed

CODE, NAME = "acme_books", "Acme Books"
PACKAGE = f"integrations.connectors.{CODE}"


def _begun() -> Path:
    folder = begin(Path(tempfile.mkdtemp(prefix="connector-")), CODE, NAME)
    spec = spec_from_file_location(PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[PACKAGE] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return folder


BEGUN = _begun()
_contract: Any = import_module(f"{PACKAGE}.tests.test_contract")
test_hooks_name_what_is_read_again = _contract.test_hooks_name_what_is_read_again
test_hooks_without_an_object_are_not_readable = _contract.test_hooks_without_an_object_are_not_readable


@pytest.fixture(autouse=True)
def _known(monkeypatch: Any) -> None:
    found = {**connectors.registry(), CODE: sys.modules[PACKAGE].connector}
    monkeypatch.setattr(connectors, "registry", lambda: found)


class TestBegun(_contract.TestContract):
    """All of the contract, against its own simulator."""


del _contract


def test_it_has_its_own_names_everywhere() -> None:
    texts = {path: path.read_text("utf-8") for path in BEGUN.rglob("*") if path.is_file() and path.suffix in (
        ".py", ".md", ".svg", ".html", ".po"
    )}  # fmt: skip

    assert [str(path) for path, text in texts.items() if "keleton" in text] == []
    manifest = sys.modules[PACKAGE].connector.manifest
    assert (manifest.code, manifest.name) == (CODE, NAME)
    assert "class AcmeBooksSession(" in texts[BEGUN / "session.py"]
    assert texts[BEGUN / "README.md"].startswith(f"# Connect {NAME}\n")


def test_it_speaks_russian_by_its_own_catalogue(settings: Any) -> None:
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, BEGUN / "locale"]
    assert compile_catalogues([BEGUN / "locale"])

    translation.trans_real._translations.clear()
    with translation.override("ru"):
        summary = str(sys.modules[PACKAGE].connector.manifest.summary)
    translation.trans_real._translations.clear()

    assert summary == "Контакты в обе стороны; изменения известны сразу."


def test_every_file_is_written(tmp_path: Path) -> None:
    folder = begin(tmp_path, "x", "X")

    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    expected = {
        str(path.relative_to(FOLDER)).replace("tests/contract.py", "tests/test_contract.py")
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo"
    }
    assert written == expected


@pytest.mark.parametrize(
    "code", ["", "Acme", "1c", "a-b", "a__b", "../x", "class", "tests", "all", "a" * 31, "абв"]
)
def test_codes_that_cannot_be_are_refused(code: str, tmp_path: Path) -> None:
    with pytest.raises(BadName):
        begin(tmp_path, code, "Acme")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", '"', "a\nb", "<b>", "\\1", "A & B"])
def test_names_that_would_break_the_code_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadName):
        begin(tmp_path, "acme", name)

    assert list(tmp_path.iterdir()) == []


def test_a_connector_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()

    with pytest.raises(BadName, match="already"):
        begin(tmp_path, "acme", "Acme")


def test_words_get_the_right_form() -> None:
    assert renamed("Skeleton SkeletonHooks _skeleton", "a_b", "A. B") == "A. B ABHooks a_b"


def test_command_begins_it_and_says_what_is_next(monkeypatch: Any, tmp_path: Path, capsys: Any) -> None:
    monkeypatch.setattr(connectors, "__path__", [str(tmp_path / "integrations" / "connectors")])

    call_command("startconnector", "acme")

    assert (tmp_path / "integrations" / "connectors" / "acme" / "manifest.py").exists()
    assert ".venv/bin/pytest integrations/connectors/acme, manage.py simulate acme" in capsys.readouterr().out
    with pytest.raises(CommandError, match="already"):
        call_command("startconnector", "acme")

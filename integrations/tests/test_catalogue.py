"""The catalogue of connectors is complete, and docs/connectors.md says what is so."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from integrations.connectors import registry

DOCUMENT = settings.BASE_DIR / "docs" / "connectors.md"
FOLDER = Path(__file__).parent.parent / "connectors"
NEEDED = {
    "__init__.py",
    "manifest.py",
    "client.py",
    "session.py",
    "logo.svg",
    "simulator",
    "tests",
}


def rows():
    found = re.findall(
        r"^\| \[.+\]\((.+)\) \(`(\w+)`\) \| (.+) \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE
    )
    return {code: (link, re.findall(r"`(\w+)`", capabilities)) for link, code, capabilities, _tried in found}


def test_table_says_what_is_so():
    """Of the connectors that it names: one that came as a folder alone has its README."""
    expected = {
        code: [one.code for one in connector.manifest.capabilities] for code, connector in registry().items()
    }
    named = {code: capabilities for code, (_link, capabilities) in rows().items()}

    assert named.keys() >= {"amocrm", "bitrix24", "ozon", "planfix", "rest", "retailcrm", "telegram"}
    assert named == {code: expected[code] for code in named}


@pytest.mark.parametrize("code", sorted(registry()))
def test_folder_has_every_file(code):
    readmes = {"README.md" if code == "en" else f"README.{code}.md" for code, _name in settings.LANGUAGES}

    found = {path.name for path in (FOLDER / code).iterdir()}
    assert found >= NEEDED | readmes
    assert {"mapping", "mapping.py"} & found


@pytest.mark.parametrize("code", sorted(registry()))
def test_manifest_is_whole(code):
    manifest = registry()[code].manifest

    assert bool(manifest.base_url) != bool(manifest.base_url_setting)
    assert manifest.rate_limits
    assert all(one.label for one in (*manifest.settings, *manifest.credentials))
    assert {one.name for one in manifest.settings}.isdisjoint(one.name for one in manifest.credentials)

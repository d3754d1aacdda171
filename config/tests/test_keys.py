"""Where the encryption keys come from."""

import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import new_encryption_key
from config.keyring import KeyRing
from config.keys import find_keys

FIRST, SECOND = new_encryption_key(), new_encryption_key()


def command(code: str) -> str:
    return f"{sys.executable} -c '{code}'"


@pytest.mark.parametrize(
    "text", [f"{FIRST},{SECOND}", f"{FIRST}\n{SECOND}\n", f" {FIRST} , {SECOND}", f"# a note, and more\n{FIRST}\r\n{SECOND}"]
)  # fmt: skip
def test_keys_are_separated_by_commas_or_lines(text: str, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(text)

    assert find_keys("", str(file), "") == [FIRST, SECOND]
    assert KeyRing(find_keys("", str(file), "")).newest_id == FIRST.partition(":")[0]


def test_from_the_environment() -> None:
    assert find_keys(f"{FIRST},{SECOND}", "", "") == [FIRST, SECOND]
    assert find_keys("", "", "") == []


def test_from_a_command_which_sees_no_shell() -> None:
    assert find_keys("", "", command(f'print("{FIRST}"); print("{SECOND}")')) == [FIRST, SECOND]
    assert find_keys("", "", "echo $(id)") == ["$(id)"]


@pytest.mark.parametrize("code", ["import sys; print(1); sys.exit(3)", "raise Exception"])
def test_a_command_that_fails_stops_the_start_and_shows_nothing_of_what_it_printed(code: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS_COMMAND failed") as caught:
        find_keys("", "", command(f'print("{FIRST}"); {code}'))

    assert FIRST not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_or_command_that_is_missing_or_empty_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(ImproperlyConfigured, match="gives no key"):
        find_keys("", str(tmp_path / "empty"), "")
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        find_keys("", str(tmp_path / "none"), "")
    with pytest.raises(ImproperlyConfigured, match="failed"):
        find_keys("", "", "/nowhere/such-a-command")


def test_two_ways_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS and ENCRYPTION_KEYS_FILE"):
        find_keys(FIRST, str(tmp_path), "")

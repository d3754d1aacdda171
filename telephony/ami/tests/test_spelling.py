"""Names of the manager interface as they were before Asterisk escaped them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ami.spelling import unescaped

ESCAPES = {"\\": "\\\\", "'": "\\'", '"': '\\"', "?": "\\?", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Anna", "Anna"),
        ("O\\'Neil", "O'Neil"),
        ('ООО \\"Ромашка\\"', 'ООО "Ромашка"'),
        ("back \\\\ slash", "back \\ slash"),
        ("\\\\n is no line end", "\\n is no line end"),
        ("why\\?", "why?"),
        ("a lone \\", "a lone \\"),
    ],
)
def test_names(said: str, name: str) -> None:
    assert unescaped(said) == name


@given(st.text())
def test_what_was_escaped_comes_back(name: str) -> None:
    assert unescaped("".join(ESCAPES.get(letter, letter) for letter in name)) == name

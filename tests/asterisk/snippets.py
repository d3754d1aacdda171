"""The configuration that docs/asterisk.md shows, as files of an exchange: what is tested is what people paste."""

import re
from collections.abc import Mapping
from typing import Final

from tests import documents

DOCUMENT: Final = "docs/asterisk.md"
MANAGER_SECRET: Final = "choose-a-long-password"


def files(values: Mapping[str, str]) -> dict[str, str]:
    """File names and their text, with the address, the token and the password of the tests in the places of the document's."""
    found = {
        block.text.partition("\n")[0].removeprefix("; "): block.text
        for block in documents.blocks("asterisk")
        if block.document == DOCUMENT
    }
    common = found["extensions_switchboard.conf"]
    over_manager = found["extensions_switchboard.conf over the manager interface"]
    made = {
        "manager_switchboard.conf": found["manager_switchboard.conf"],
        "extensions_switchboard_globals.conf": found["extensions_switchboard_globals.conf"],
        "extensions_switchboard.conf": common + found["extensions_switchboard.conf over HTTP"],
        # The second way to tell, beside the first one: under other names.
        "extensions_switchboard_events.conf": _renamed(common + over_manager),
        "extensions_switchboard_manager.conf": found["extensions_switchboard_manager.conf"],
        "extensions_examples.conf": found["extensions.conf, for example"]
        + found["extensions.conf, for example, with the manager of the client"],
    }
    ours = {
        "https://hub.example.com": values["URL"],
        "the-token-of-this-exchange": values["TOKEN_HTTP"],
        MANAGER_SECRET: values["AMI_SECRET"],
    }
    return {name: _replaced(text, ours) for name, text in made.items()}


def _replaced(text: str, ours: Mapping[str, str]) -> str:
    for theirs, own in ours.items():
        text = text.replace(theirs, own)
    return text


def _renamed(text: str) -> str:
    """Contexts with another name, and the jumps to them."""
    text = re.sub(r"\[switchboard\b", "[switchboard-events", text)
    return re.sub(r"(Gosub\(|hangup_handler_push\)=)switchboard\b", r"\1switchboard-events", text)


def filled(text: str, values: Mapping[str, str]) -> str:
    """With the values in the places of `@NAME@`."""
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)

"""docs/asterisk.md without an Asterisk: its samples can be installed, ask for no more than is needed, and hold no shell recipe."""

import re

from telephony.ami.kept import KEPT
from tests.asterisk import snippets

VALUES = {"URL": "http://hub.test", "TOKEN_HTTP": "token-1", "AMI_SECRET": "secret-1"}
FILES = snippets.files(VALUES)
# Rights that let the account run programs, change files or read everything.
TOO_MUCH = {"system", "command", "config", "all", "dialplan", "log", "security"}


def account() -> dict[str, str]:
    lines = [line.partition("=") for line in FILES["manager_switchboard.conf"].splitlines() if "=" in line]
    return {key.strip(): value.strip() for key, _sign, value in lines}


def test_the_account_has_narrow_rights() -> None:
    assert not {one.strip() for one in account()["write"].split(",")} & TOO_MUCH
    assert not {one.strip() for one in account()["read"].split(",")} & {
        "all",
        "dialplan",
        "security",
        "command",
    }
    assert {"system", "call", "agent", "user"} <= {one.strip() for one in account()["read"].split(",")}


def test_the_filter_is_anchored_and_lets_everything_pass_that_is_kept() -> None:
    """A filter that is not anchored is one that a caller's name can meet."""
    text = account()["eventfilter"]

    assert text.startswith("^Event: (")
    passing = re.compile(text)
    wanted = [
        *KEPT,
        "FullyBooted",
        "Shutdown",
        "ExtensionStatus",
        "CoreShowChannel",
        "CoreShowChannelsComplete",
    ]
    assert [name for name in wanted if not passing.match(f"Event: {name}\r\n")] == []
    assert not passing.match("Event: VarSet\r\nCallerIDName: Event: Hangup\r\n")


def test_no_recipe_gives_a_stranger_s_words_to_a_shell() -> None:
    for name, text in FILES.items():
        assert not re.search(r"\b(System|TrySystem|SHELL|AGI|MixMonitor)\(", text), name


def test_every_value_in_a_request_is_encoded_or_asterisk_s_own() -> None:
    own = {"SWITCHBOARD_URL", "ARG1", "SWITCHBOARD_TYPE", "SWITCHBOARD_ANSWERED", "DIALSTATUS", "HANGUPCAUSE"}
    for line in "".join(FILES.values()).splitlines():
        if "CURL(" in line:
            bare = set(re.findall(r"(?<!URIENCODE\()\$\{(?!URIENCODE|CURL)([A-Z_0-9]+)", line))
            assert bare <= own, bare


def test_the_tests_values_stand_where_people_put_theirs() -> None:
    assert (
        "SWITCHBOARD_URL=http://hub.test\nSWITCHBOARD_TOKEN=token-1\n"
        in FILES["extensions_switchboard_globals.conf"]
    )
    assert "secret = secret-1" in FILES["manager_switchboard.conf"]
    assert "[switchboard-events-answered]" in FILES["extensions_switchboard_events.conf"]
    assert "Gosub(switchboard," not in FILES["extensions_switchboard_events.conf"]

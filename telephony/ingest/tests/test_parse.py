"""What arrives from exchanges, good and broken, becomes a storable event without its token."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telephony.ingest.parse import MASK, ParsedEvent, parse

TOKEN = "tok-4f9a1c7e5b"
BASE = {
    "Token": TOKEN,
    "UniqueId": "pbx-1.1",
    "LinkedId": "pbx-1.1",
    "CallerIDNum": "+375291234570",
    "CallType": 0,
}


def as_json(**changes: Any) -> bytes:
    return json.dumps(BASE | changes, ensure_ascii=False).encode()


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (text for item in value for text in texts(item))
    elif isinstance(value, dict):
        yield from (text for item in value.items() for text in texts(list(item)))


def assert_storable(event: ParsedEvent) -> None:
    orjson.dumps(event.payload)
    for text in texts([event.payload, event.raw, event.unique_id, event.linked_id]):
        assert "\x00" not in text
        text.encode()


def test_plain_json() -> None:
    event = parse(as_json(Extensions=["150", "151"], Vendor="x"), "dial")

    assert (event.kind, event.token, event.unique_id, event.degraded, event.raw) == (
        "dial",
        TOKEN,
        "pbx-1.1",
        (),
        "",
    )
    assert event.payload["Extensions"] == ["150", "151"]
    assert event.payload["Vendor"] == "x"
    assert "Token" not in event.payload


@pytest.mark.parametrize("sent", ["150", "150,151", '"150","151"', '["150","151"]', ""])
def test_form_with_each_spelling_of_extensions(sent: str) -> None:
    body = urlencode(BASE | {"Extensions": sent, "CallerIDName": "OOO Alfa & Co = 100%"}).encode()

    event = parse(body, "dial")

    assert event.degraded == ()
    assert event.payload["Extensions"] == sent
    assert event.payload["CallerIDName"] == "OOO Alfa & Co = 100%"
    assert event.payload["CallerIDNum"] == "+375291234570"


def test_plus_sent_without_encoding_in_a_form() -> None:
    event = parse(b"Token=t0k3n-long&UniqueId=1.1&CallerIDNum=+375291234570", "start")

    assert event.payload["CallerIDNum"] == "+375291234570"


def test_quotes_in_a_name_break_json_and_nothing_else() -> None:
    body = (
        f'{{"Token":"{TOKEN}","UniqueId":"pbx-1.1","CallerIDNum":"+375291234570",'
        '"CallerIDName":"ООО "Ромашка" O\'Neil",'
        '"Extensions":["150"],"CallType":0,"HangupCause":"16","Recording":"a/b.wav"}'
    ).encode()

    event = parse(body, "dial")

    assert event.degraded == ("not_json",)
    assert event.token == TOKEN
    assert event.payload == {
        "UniqueId": "pbx-1.1",
        "CallerIDNum": "+375291234570",
        "CallerIDName": 'ООО "Ромашка" O\'Neil',
        "Extensions": ["150"],
        "CallType": 0,
        "HangupCause": "16",
    }
    assert event.sealed == {"Recording": "a/b.wav"}
    assert TOKEN not in event.raw
    assert "a/b.wav" not in event.raw
    assert MASK in event.raw


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        (as_json(Token=12345678), ("wrong_type:Token",)),
        (as_json(Extensions="150"), ("wrong_type:Extensions",)),
        (as_json(Extensions=150), ("wrong_type:Extensions",)),
        (as_json(Extensions={"a": "150"}), ("wrong_type:Extensions",)),
        (as_json(CallType=[0]), ("wrong_type:CallType",)),
        (as_json(StartTime="9999-99-99 99:99:99"), ("bad_time:StartTime",)),
        (as_json(CallerIDName="a\x00b"), ("nul",)),
        (as_json(UniqueId="", LinkedId=""), ("no_call_id",)),
        (as_json(UniqueId="x" * 200), ("too_long:UniqueId",)),
        (as_json(HangupCause=10**400), ("huge_number",)),
        (b'{"Token":"%s","UniqueId":"1.1","CallerIDName":"\\ud800"}' % TOKEN.encode(), ("surrogate",)),
        (b'{"Token":"%s","UniqueId":"1.1","UniqueId":"2.2"}' % TOKEN.encode(), ("duplicate_key",)),
        (b'{"Token":"%s","UniqueId":"1.1","CallerIDName":"\xcf\xf0"}' % TOKEN.encode(), ("not_utf8",)),
        (b'[{"Token":"%s","UniqueId":"1.1"}]' % TOKEN.encode(), ("not_an_object",)),
        (b"", ("empty", "no_call_id")),
        (b"\x00\x00", ("empty", "no_call_id")),
        (b"null", ("not_json", "no_call_id")),
    ],
)
def test_degraded_bodies_are_kept_with_their_reasons(body: bytes, reasons: tuple[str, ...]) -> None:
    event = parse(body, "start")

    assert event.degraded == reasons
    assert_storable(event)


def test_first_of_a_repeated_key_wins() -> None:
    event = parse(
        b'{"Token":"t0k3n-long","UniqueId":"1.1","CallerIDNum":"1","CallerIDName":"","CallerIDNum":"2"}',
        "start",
    )

    assert event.payload["CallerIDNum"] == "1"


def test_other_spellings_of_known_fields() -> None:
    event = parse(b'{"token":"t0k3n-long","unique_id":"1.1","callerIdNum":"7","mine":"x"}', "start")

    assert event.token == "t0k3n-long"
    assert event.payload == {"UniqueId": "1.1", "CallerIDNum": "7", "mine": "x"}


def test_deep_garbage_is_cut() -> None:
    body = b'{"Token":"t0k3n-long","UniqueId":"1.1","x":' + b"[" * 400 + b"]" * 400 + b"}"

    event = parse(body, "start")

    assert event.degraded == ("too_deep",)
    assert_storable(event)


def test_recursion_beyond_every_parser_is_read_by_pattern() -> None:
    event = parse(b'{"Token":"t0k3n-long","UniqueId":"1.1","x":' + b"[" * 20000, "start")

    assert event.degraded == ("not_json",)
    assert event.unique_id == "1.1"


@pytest.mark.parametrize(
    ("word", "kind"), [("dial", "dial"), ("call.ended", "hangup"), ("/start", "start"), ("Answer", "bridge")]
)
def test_the_body_may_name_its_kind(word: str, kind: str) -> None:
    assert parse(as_json(event=word)).kind == kind


def test_unknown_kind_is_kept() -> None:
    event = parse(as_json(event="sneeze"))

    assert (event.kind, event.degraded) == ("unknown", ("unknown_kind",))


def test_digest_tells_events_apart_and_repeats_together() -> None:
    same = parse(as_json(), "dial").digest

    assert same == parse(json.dumps(BASE, indent=2).encode(), "dial").digest
    assert same != parse(as_json(), "bridge").digest
    assert same != parse(as_json(Extensions=["150"]), "dial").digest


def test_the_token_does_not_survive_in_other_fields() -> None:
    event = parse(as_json(CallerIDName=f"my {TOKEN}", x={"y": [TOKEN]}), "start")

    assert TOKEN not in orjson.dumps(event.payload).decode()


def test_token_from_a_header_wins_and_is_masked_too() -> None:
    event = parse(
        b'{"Token":"other-token-1","UniqueId":"1.1","x":"header-token"} trailing', "start", "header-token"
    )

    assert event.token == "header-token"
    assert "header-token" not in event.raw
    assert "other-token-1" not in event.raw


@given(st.binary(max_size=600))
def test_no_bytes_raise(body: bytes) -> None:
    assert_storable(parse(body, "start"))


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # the alphabet is built on first use
@given(
    st.dictionaries(st.sampled_from(["UniqueId", "Extensions", "CallType", "StartTime", "x", "token"]), junk),
    st.booleans(),
)
def test_no_values_raise_and_the_token_never_stays(values: dict[str, Any], is_cut: bool) -> None:
    body = json.dumps({"Token": TOKEN} | values | {"last": TOKEN}).encode()

    event = parse(body[:-7] if is_cut else body, "dial")

    assert_storable(event)
    assert TOKEN not in orjson.dumps(event.payload).decode() + event.raw

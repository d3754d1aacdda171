"""A dialplan's words over the manager interface make the rows that its HTTP posts would make."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ingest.user_events import from_dialplan

PACKET = {
    "Event": "UserEvent",
    "Timestamp": "1795339466.056000",
    "UserEvent": "Switchboard",
    "Uniqueid": "office-1.2",
    "Linkedid": "office-1.1",
    "Channel": "PJSIP/150-00000003",
    "CallerIDNum": "150",
    "CallerIDName": r"O\'Neil, Anna",
    "Kind": "dial",
    "Call": "office-1.1",
    "Type": "0",
    "Status": "",
    "DialStatus": "",
    "HangupCause": "0",
    "Phones": "150%26151",
    "Number": "%2B375291234570",
    "Line": "%2B375170005001",
    "Trunk": "provider",
    "Recording": "2026%2Fa%20b.wav",
}


def test_the_fields_of_an_http_event() -> None:
    event = from_dialplan(PACKET)

    assert event is not None
    assert (event.kind, event.source, event.unique_id, event.linked_id) == (
        "dial",
        "http",
        "office-1.1",
        "office-1.1",
    )
    assert event.payload == {
        "UniqueId": "office-1.1",
        "LinkedId": "office-1.1",
        "CallType": "0",
        "CallStatus": "",
        "DialStatus": "",
        "HangupCause": "0",
        "Extensions": "150&151",
        "CallerIDNum": "+375291234570",
        "Did": "+375170005001",
        "Trunk": "provider",
        "CallerIDName": "O'Neil, Anna",
        "Channel": "PJSIP/150-00000003",
    }
    assert dict(event.sealed) == {"Recording": "2026/a b.wav"}


def test_said_twice_at_different_times_is_two_events() -> None:
    first, again, later = (from_dialplan(PACKET | {"Timestamp": at}) for at in ("1.0", "1.0", "2.0"))

    assert first is not None
    assert again is not None
    assert later is not None
    assert first.digest == again.digest != later.digest


@pytest.mark.parametrize(
    "changes",
    [{"UserEvent": "Other"}, {"Kind": "reboot"}, {"Kind": ""}, {"Call": ""}, {"UserEvent": "SwitchboardX"}],
)
def test_others_are_none_of_ours(changes: dict[str, str]) -> None:
    assert from_dialplan(PACKET | changes) is None


@given(st.dictionaries(st.sampled_from(sorted(PACKET)), st.text() | st.lists(st.text(), max_size=2)))
def test_nothing_that_it_may_say_breaks_it(changes: dict[str, Any]) -> None:
    event = from_dialplan(PACKET | changes)

    if event is not None:
        assert len(event.unique_id) <= 150
        assert "\x00" not in str(event.payload)

"""Each way in which a pop-up can fail to appear is told apart, and said with what to do."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.diagnosis import CallFacts, CrmFacts, Fix, Popup, SearchFacts, diagnose, diagnose_absence

STARTED = datetime(2026, 3, 4, 9, tzinfo=UTC)
CRM = uuid.UUID(int=1)
OTHER = uuid.UUID(int=2)


def crm(**values: Any) -> CrmFacts:
    usual: dict[str, Any] = {
        "id": CRM,
        "name": "CRM",
        "since": STARTED - timedelta(days=1),
        "users": {"150": "19"},
        "popups": [Popup(("150",), waited=120)],
    }
    return CrmFacts(**(usual | values))


def call(**values: Any) -> CallFacts:
    usual: dict[str, Any] = {
        "call_id": uuid.UUID(int=9),
        "started_at": STARTED,
        "direction": "in",
        "client_raw": "+375291110001",
        "client_number": "+375291110001",
        "did": "+375170000001",
        "events": 4,
        "sources": frozenset({"http"}),
        "rang": ("150",),
        "crms": [crm()],
    }
    return CallFacts(**(usual | values))


def popup(state: str, code: str = "", **values: Any) -> Popup:
    return Popup(("150",), state, code, **values)


GOOD = ["received", "folded", "direction", "live", "ringing", "number"]


def test_a_call_whose_popup_was_shown() -> None:
    found = diagnose(call())

    assert found.is_well
    assert found.verdict == "Every pop-up was shown in time."
    assert [step.code for step in found.steps] == [*GOOD, "mapped", "sent"]
    assert {step.tone for step in found.steps} == {"good"}
    assert "120 ms" in found.steps[-1].text


# What is different, the step that says so, how bad it is, a part of its words, where it is mended.
CASES: list[tuple[str, CallFacts, str, str, str, Fix]] = [
    ("internal", call(direction="internal"), "direction", "bad", "internal call", Fix.NONE),
    ("unknown way", call(direction="unknown"), "direction", "bad", "direction is not known", Fix.EXCHANGE),
    ("part of another", call(merged_into=OTHER), "folded", "bad", "part of another call", Fix.CALL),
    ("records only", call(sources=frozenset({"cdr"})), "live", "bad", "while it went on", Fix.EXCHANGES),
    ("nobody rang", call(rang=()), "ringing", "bad", "No phone rang", Fix.EXCHANGE),
    ("ringing unseen", call(is_ring_synthetic=True), "ringing", "warn", "ringing in time", Fix.EXCHANGE),
    ("hidden", call(client_number="", client_raw="anonymous"), "number", "bad", "not known", Fix.NONE),
    ("short", call(client_number="", client_raw="1234"), "number", "bad", "not known", Fix.COMPANY),
    ("degraded", call(degraded=("not JSON",)), "degraded", "warn", "read properly", Fix.EVENTS),
    ("clock", call(has_clock_skew=True), "clock", "warn", "clock differs", Fix.EXCHANGE),
    ("forgotten", call(events=0, sources=frozenset()), "received", "warn", "Nothing is known", Fix.NONE),
    ("no crm", call(crms=[]), "crm", "bad", "No CRM is connected", Fix.INTEGRATIONS),
    ("off", call(crms=[crm(is_enabled=False, popups=())]), "enabled", "bad", "switched off", Fix.INTEGRATION),
    ("later", call(crms=[crm(since=STARTED + timedelta(1), popups=())]), "connected", "bad", "after the call", Fix.INTEGRATION),
    ("line", call(crms=[crm(hears_line=False, popups=())]), "line", "bad", "+375170000001", Fix.LINE),
    ("trunk", call(did="", trunk="beta", crms=[crm(hears_line=False, popups=())]), "line", "bad", "line beta", Fix.LINE),
    ("named line", call(line="Sales", crms=[crm(hears_line=False, popups=())]), "line", "bad", "line Sales", Fix.LINE),
    ("mode", call(crms=[crm(quiet={"150": "never"}, popups=())]), "mode", "bad", "owner of 150 wants no pop-up", Fix.POPUPS),
    ("modes", call(rang=("150", "151"), crms=[crm(quiet={"150": "never", "151": "answer"}, popups=())]), "mode", "bad", "owners of 150, 151 want no pop-up", Fix.POPUPS),
    ("not planned", call(crms=[crm(popups=())]), "planned", "bad", "No pop-up was planned", Fix.INTEGRATION),
    ("breaker", call(crms=[crm(broken="503", popups=[popup("pending")])]), "breaker", "bad", "so often", Fix.INTEGRATION),
    ("nobody's", call(crms=[crm(users={})]), "mapped", "bad", "belongs to nobody", Fix.INTEGRATION),
    ("failed", call(crms=[crm(popups=[popup("failed", why="403")])]), "sent", "bad", "did not take", Fix.INTEGRATION),
    ("parked", call(crms=[crm(popups=[popup("parked", "paused")])]), "sent", "bad", "switched off", Fix.INTEGRATION),
    ("too late", call(crms=[crm(popups=[popup("cancelled", "too_late")])]), "sent", "bad", "was not sent", Fix.INTEGRATION),
    ("over", call(crms=[crm(popups=[popup("cancelled", "call_over")])]), "sent", "bad", "was not sent", Fix.INTEGRATION),
    ("waits", call(crms=[crm(popups=[popup("pending")])]), "sent", "warn", "waits to be sent", Fix.INTEGRATION),
    ("unknown there", call(crms=[crm(popups=[popup("done", unknown_there=("150",))])]), "sent", "bad", "does not know", Fix.INTEGRATION),
    ("slow", call(crms=[crm(popups=[popup("done", waited=9000)])]), "sent", "warn", "late", Fix.INTEGRATION),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "code", "tone", "words", "fix"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_went_wrong_is_named_with_its_cure(
    facts: CallFacts, code: str, tone: str, words: str, fix: Fix
) -> None:
    found = diagnose(facts)
    step = next(one for one in found.steps if one.code == code and one.tone == tone)

    assert words in step.title
    assert step.fix == fix
    assert not found.is_well
    assert words in found.verdict


def test_after_the_call_itself_got_stuck_nothing_more_is_told() -> None:
    found = diagnose(call(rang=(), client_number=""))

    assert found.steps[-1].code == "ringing"


def test_a_part_of_the_owners_missing_is_a_remark() -> None:
    found = diagnose(call(rang=("150", "152"), crms=[crm(popups=[Popup(("150", "152"), waited=10)])]))

    assert [(step.code, step.tone) for step in found.steps][-2:] == [("mapped", "warn"), ("sent", "good")]
    assert "152" in found.verdict


def test_who_wants_no_popup_while_others_got_theirs_is_told_without_alarm() -> None:
    found = diagnose(call(rang=("150", "151"), crms=[crm(quiet={"151": "answer"})]))

    assert (found.steps[-1].code, found.steps[-1].tone) == ("mode", "")
    assert "151" in found.steps[-1].title
    assert "when they answer" in found.steps[-1].text
    assert found.is_well


def test_whoever_was_shown_the_call_when_they_took_it_is_no_exception() -> None:
    found = diagnose(call(crms=[crm(quiet={"150": "answer"})]))

    assert [step.code for step in found.steps][-2:] == ["mapped", "sent"]


def test_a_line_that_no_crm_hears_of_says_so() -> None:
    found = diagnose(call(is_line_told=False, crms=[crm(hears_line=False, popups=())]))

    assert "No CRM is told of its calls." in found.verdict


def test_each_crm_goes_its_own_way() -> None:
    off = crm(id=OTHER, name="Second", is_enabled=False, popups=())

    found = diagnose(call(crms=[off, crm()]))

    assert [(step.code, step.fix_id) for step in found.steps if step.fix_id] == [("enabled", OTHER)]
    assert found.steps[-1].tone == "good"
    assert "Second" in found.verdict


def test_whoever_does_not_see_crms_hears_of_the_call_only() -> None:
    found = diagnose(call(crms=[crm(users={})]), sees_crms=False)

    assert [step.code for step in found.steps] == GOOD
    assert "CRM" not in " ".join(step.title for step in found.steps)


texts = st.text(max_size=20)


@given(
    st.builds(
        CallFacts,
        call_id=st.uuids(), started_at=st.datetimes(timezones=st.just(UTC)), direction=st.sampled_from(["in", "out", "internal", "unknown", ""]),
        client_raw=texts, client_number=texts, rang=st.lists(texts, max_size=3).map(tuple), merged_into=st.none() | st.uuids(),
        events=st.integers(0, 3), sources=st.frozensets(st.sampled_from(["http", "ami", "cdr"])),
        crms=st.lists(st.builds(
            CrmFacts, id=st.uuids(), name=texts, is_enabled=st.booleans(), users=st.dictionaries(texts, texts, max_size=2),
            quiet=st.dictionaries(texts, st.sampled_from(["answer", "never"]), max_size=2), hears_line=st.booleans(),
            popups=st.lists(st.builds(Popup, extensions=st.lists(texts, max_size=3).map(tuple), state=st.sampled_from(["done", "failed", "pending", "parked", "cancelled"]), reason_code=texts, waited=st.none() | st.integers(0, 99_999)), max_size=3),
        ), max_size=3),
    )
)  # fmt: skip
def test_every_call_gets_an_answer(facts: CallFacts) -> None:
    found = diagnose(facts)

    assert found.verdict
    assert found.steps
    assert found.is_well == all(step.tone in ("good", "") for step in found.steps)


def around(**values: Any) -> SearchFacts:
    usual: dict[str, Any] = {
        "exchanges": 1, "enabled_exchanges": 1, "last_event_at": STARTED, "events_around": 5, "loose": 0, "degraded": 0, "calls_around": 2,
    }  # fmt: skip
    return SearchFacts(**(usual | values))


@pytest.mark.parametrize(
    ("facts", "words", "fix"),
    [
        (around(exchanges=0), "no telephone exchange yet", Fix.EXCHANGES),
        (around(enabled_exchanges=0), "is switched off", Fix.EXCHANGES),
        (around(last_event_at=None), "has ever come", Fix.EXCHANGES),
        (around(events_around=0), "was silent", Fix.EXCHANGES),
        (around(loose=3), "no call could be made", Fix.EVENTS),
        (around(), "told of other calls", Fix.EVENTS),
    ],
)
def test_a_call_that_is_not_there_is_explained_too(facts: SearchFacts, words: str, fix: Fix) -> None:
    found = diagnose_absence(facts)

    assert words in found.verdict
    assert found.steps[-1].fix == fix

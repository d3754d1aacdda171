"""Pop-ups, the history of calls, and the responsible manager."""

import pytest

from integrations.connectors.retailcrm.simulator.tests.stranger import call

ENTITY = "Errors in the entity format"


def ringing(sim):
    return [(popup.user_id, popup.code) for popup in sim.popups if popup.is_ringing]


def test_call_pops_up_for_each_extension_and_ends_with_its_outcome(sim, stranger):
    event = {"phone": "79001234567", "callExternalId": "1.42", "externalPhone": "78005553535"}

    assert stranger.event(**event, type="in", codes=["150", "151"]) == (200, {"success": True})
    assert ringing(sim) == [(19, "150"), (18, "151")]
    assert stranger.event(**event, type="hangup", codes=["150"], hangupStatus="answered")[0] == 200
    assert ringing(sim) == [(18, "151")]
    assert stranger.event(**event, type="hangup", codes=["151"], hangupStatus="no answered")[0] == 200

    assert [(popup.user_id, popup.outcome, popup.phone) for popup in sim.popups] == [
        (19, "answered", "79001234567"),
        (18, "no answered", "79001234567"),
    ]
    assert all(popup.raised_at <= popup.ended_at for popup in sim.popups)


def test_hangup_ends_its_own_call_only(sim, stranger):
    for identifier in ("1", "2"):
        stranger.event(type="in", phone="79001234567", codes=["150"], callExternalId=identifier)

    stranger.event(type="hangup", phone="79001234567", codes=["150"], callExternalId="2", hangupStatus="busy")

    assert [(popup.call_external_id, popup.outcome) for popup in sim.popups] == [("1", ""), ("2", "busy")]


def test_hangup_without_an_id_goes_by_the_number(sim, stranger):
    stranger.event(type="out", phone="+7 900 1234567", codes=["150"])
    stranger.event(type="in", phone="375291112233", codes=["150"])

    stranger.event(type="hangup", phone="79001234567", codes=["150"], hangupStatus="cancel")

    assert [popup.outcome for popup in sim.popups] == ["cancel", ""]


def test_hangup_that_names_nobody_ends_it_for_all_and_unknown_names_for_none(sim, stranger):
    stranger.event(type="in", phone="1", codes=["150", "151"], callExternalId="1")

    stranger.event(type="hangup", phone="1", codes=["999"], callExternalId="1")
    assert len(ringing(sim)) == 2
    stranger.event(type="hangup", phone="1", callExternalId="1")
    assert ringing(sim) == []
    assert [popup.outcome for popup in sim.popups] == ["", ""]


def test_repeated_event_shows_twice(sim, stranger):
    for _ in range(2):
        stranger.event(type="in", phone="1", codes=["150"], callExternalId="1")

    assert len(sim.popups) == 2


def test_unknown_codes_and_users_are_reported_and_the_others_ring(sim, stranger):
    answer = stranger.event(type="in", phone="1", codes=["150", "999"], userIds=[18, 77])

    assert answer == (200, {"success": True, "notExistCodes": ["999"], "notExistUsers": [77]})
    assert ringing(sim) == [(19, "150")]


def test_user_ids_count_when_there_are_no_codes(sim, stranger):
    stranger.event(type="in", phone="1", userIds=[18, "16"])

    assert ringing(sim) == [(18, "151"), (16, "")]


@pytest.mark.parametrize(
    ("event", "errors"),
    [
        ({}, {"type", "phone"}),
        ({"type": "in"}, {"phone"}),
        ({"type": "dial", "phone": "1"}, {"type"}),
        ({"type": "in", "phone": "1", "codes": "150"}, {"codes"}),
        ({"type": "in", "phone": "1", "codes": [["150"]]}, {"codes"}),
        ({"type": "in", "phone": "1", "userIds": ["x"]}, {"userIds"}),
        ({"type": "in", "phone": {}}, {"phone"}),
        ({"type": "in", "phone": True}, {"phone"}),
        ({"type": "hangup", "phone": "1", "hangupStatus": "no answer"}, {"hangupStatus"}),
    ],
)
def test_illegal_event_is_refused_by_field_and_shows_nothing(sim, stranger, event, errors):
    status, answer = stranger.event(**event)

    assert (status, answer["errorMsg"], set(answer["errors"])) == (400, ENTITY, errors)
    assert (sim.events, sim.popups) == ([], [])


def test_calls_are_uploaded_once(sim, stranger):
    assert stranger.upload(call(), call(externalId="2")) == (200, {"success": True, "processedCallsCount": 2})
    assert stranger.upload(call(duration=99), call(externalId="3")) == (
        200,
        {"success": True, "processedCallsCount": 1, "duplicateCalls": ["1718000000.42"]},
    )

    assert [(each.external_id, each.user_id, each.duration) for each in sim.calls] == [
        ("1718000000.42", 19, 61),
        ("2", 19, 61),
        ("3", 19, 61),
    ]


def test_duplicate_within_one_request(stranger):
    _status, answer = stranger.upload(call(), call())

    assert answer == {"success": True, "processedCallsCount": 1, "duplicateCalls": ["1718000000.42"]}


def test_calls_without_an_id_cannot_be_told_apart(sim, stranger):
    stranger.upload(call(externalId=""), call(externalId=""))

    assert len(sim.calls) == 2


def test_call_of_an_unknown_code_is_kept_without_manager(sim, stranger):
    stranger.upload(call(code="999"), call(code="", userId=18, externalId="2"))

    assert [each.user_id for each in sim.calls] == [None, 18]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date": "2025-06-10T14:03:00"}, "date"),
        ({"date": "2025-06-10 14:03:00+03:00"}, "date"),
        ({"date": "2025-06-31 14:03:00"}, "date"),
        ({"date": "2025-6-1 14:03:00"}, "date"),
        ({"date": ""}, "date"),
        ({"type": "hangup"}, "type"),
        ({"phone": ""}, "phone"),
        ({"result": "missed"}, "result"),
        ({"result": "no answered"}, "result"),
        ({"duration": -1}, "duration"),
        ({"duration": 1.5}, "duration"),
        ({"durationWaiting": "long"}, "durationWaiting"),
        ({"userId": "anna"}, "userId"),
        ({"site": "nowhere"}, "site"),
    ],
)
def test_illegal_call_refuses_the_whole_request(sim, stranger, changes, field):
    status, answer = stranger.upload(call(), call(externalId="2") | changes)

    assert (status, answer["errorMsg"], list(answer["errors"])) == (400, ENTITY, [f"calls[1].{field}"])
    assert sim.calls == []


def test_entry_that_is_no_object(stranger):
    assert stranger.upload("x")[0] == 400


def test_fifty_calls_at_most(sim, stranger):
    assert stranger.upload(*[call(externalId=str(number)) for number in range(51)])[0] == 400
    assert sim.calls == []

    assert (
        stranger.upload(*[call(externalId=str(number)) for number in range(50)])[1]["processedCallsCount"]
        == 50
    )


def test_manager_of_a_known_number(sim, stranger):
    _status, answer = stranger.get("/api/v5/telephony/manager", phone="+79001234567", details=1)

    assert answer["manager"] == {
        "id": 19,
        "firstName": "Anna",
        "lastName": "Orlova",
        "email": "anna@example.com",
        "code": "150",
    }
    assert (answer["customer"]["id"], answer["customer"]["phones"]) == (7, [{"number": "79001234567"}])
    assert answer["links"]["customerLink"] == f"{sim.url}/customers/7"
    assert "customer" not in stranger.get("/api/v5/telephony/manager", phone="79001234567")[1]


def test_manager_who_is_not_free_is_named_on_request_only(stranger):
    stranger.post("/api/v5/users/19/status", status="dinner")

    assert "manager" not in stranger.get("/api/v5/telephony/manager", phone="79001234567")[1]
    assert "manager" in stranger.get("/api/v5/telephony/manager", phone="79001234567", ignoreStatus=1)[1]


def test_unknown_number_has_links_only(sim, stranger):
    _status, answer = stranger.get("/api/v5/telephony/manager", phone="+70000000000")

    assert set(answer) == {"success", "links"}
    assert answer["links"]["newCustomerLink"] == f"{sim.url}/customers/add?phone=70000000000"
    assert stranger.get("/api/v5/telephony/manager")[1]["errorMsg"] == "Parameter 'phone' is missing"

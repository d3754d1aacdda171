"""Registration of modules, and what the account then asks of them."""

import copy
import json

import pytest

from integrations.connectors.retailcrm.simulator.tests.stranger import MODULE
from tenants.simulation.tests.echo import Echo

TELEPHONY = MODULE["integrations"]["telephony"]


@pytest.fixture
def hub():
    with Echo().running() as running:
        yield running


def telephony(**changes):
    return {"telephony": TELEPHONY | changes}


def test_module_is_registered_read_and_rings(sim, stranger):
    assert stranger.register() == (200, {"success": True, "info": []})

    _status, answer = stranger.get("/api/v5/integration-modules/hub-telephony")
    assert answer["integrationModule"] == MODULE | {"freeze": False}
    stranger.event(type="in", phone="1", codes=["150", "151"])
    assert [popup.user_id for popup in sim.popups] == [19, 18]
    assert stranger.get("/api/v5/integration-modules/other") == (
        404,
        {"success": False, "errorMsg": "Not found"},
    )


def test_registration_replaces_the_codes_given_at_the_start(stranger):
    stranger.register()

    assert stranger.event(type="in", phone="1", codes=["152"])[1]["notExistCodes"] == ["152"]


def test_leaving_out_additional_codes_wipes_them(stranger):
    stranger.register()
    block = {key: value for key, value in TELEPHONY.items() if key != "additionalCodes"}

    stranger.register(integrations={"telephony": block})

    assert stranger.event(type="in", phone="1", codes=["150"])[1]["notExistCodes"] == ["150"]
    _status, answer = stranger.get("/api/v5/integration-modules/hub-telephony")
    assert answer["integrationModule"]["integrations"]["telephony"]["additionalCodes"] == []


def test_other_keys_stay_when_left_out(stranger):
    stranger.register()

    answer = stranger.post(
        "/api/v5/integration-modules/hub-telephony/edit",
        integrationModule={"code": "hub-telephony", "integrationCode": "hub-telephony", "active": False},
    )

    assert answer == (200, {"success": True, "info": []})
    module = stranger.get("/api/v5/integration-modules/hub-telephony")[1]["integrationModule"]
    assert module == MODULE | {"freeze": False, "active": False}
    assert stranger.event(type="in", phone="1", codes=["150"])[1]["notExistCodes"] == ["150"]


def test_unknown_users_and_sites_are_reported_and_left_out(sim, stranger):
    codes = [{"userId": 19, "code": "150"}, {"userId": 77, "code": "153"}]
    phones = [{"siteCode": "nowhere", "externalPhone": "1"}]

    answer = stranger.register(integrations=telephony(additionalCodes=codes, externalPhones=phones))

    assert answer[1]["info"] == {"notExistUsersIds": [77], "notExistSiteCodes": ["nowhere"]}
    assert sim.modules["hub-telephony"].codes == {"150": [19]}


def test_user_who_changed_extension_is_rung_on_the_new_one_only(sim, stranger):
    stranger.register()
    stranger.register(integrations=telephony(additionalCodes=[{"userId": 19, "code": "151"}]))

    stranger.event(type="in", phone="1", codes=["150", "151"])

    assert [(popup.user_id, popup.code) for popup in sim.popups] == [(19, "151")]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"integrationCode": "other"}, {"code": "Code prefix must match integrationCode"}),
        ({"code": "another"}, {"code": "This value is not valid."}),
        ({"logo": "https://hub.example/logo.png"}, {"logo": "Logo image must be svg"}),
        ({"logo": "/logo.svg"}, {"logo": "This value is not a valid URL."}),
        ({"baseUrl": ""}, {"baseUrl": "This value should not be blank."}),
        ({"baseUrl": "hub.example"}, {"baseUrl": "This value is not a valid URL."}),
        ({"name": ""}, {"name": "This value should not be blank."}),
        ({"actions": {"makeCall": "/x"}}, {"actions": "This value is not valid."}),
        ({"integrations": []}, {}),
        ({"integrations": "x"}, {"integrations": "This value is not valid."}),
        ({"integrations": {"telephony": "x"}}, {"integrations.telephony": "This value is not valid."}),
        (
            {"integrations": telephony(allowEdit="no")},
            {"integrations.telephony.allowEdit": "This value is not valid."},
        ),
        (
            {"integrations": telephony(makeCallUrl="/call")},
            {"integrations.telephony.makeCallUrl": "This value is not a valid URL."},
        ),
        (
            {"integrations": telephony(additionalCodes=[{"userId": "x", "code": "1"}])},
            {"integrations.telephony.additionalCodes": "This value is not valid."},
        ),
        (
            {"integrations": telephony(additionalCodes={"19": "150"})},
            {"integrations.telephony.additionalCodes": "This value is not valid."},
        ),
        (
            {"integrations": telephony(externalPhones=[{}])},
            {"integrations.telephony.externalPhones": "This value is not valid."},
        ),
    ],
)
def test_mistakes_are_named_and_change_nothing(sim, stranger, changes, errors):
    stranger.register()
    before = copy.deepcopy(sim.modules["hub-telephony"])

    status, answer = stranger.register(**changes)

    assert (status, answer.get("errors", {})) == (400 if errors else 200, errors)
    assert not errors or sim.modules["hub-telephony"] == before


def test_click_to_call_is_a_get_with_the_module_s_own_client_id(sim, stranger, hub):
    stranger.register(integrations=telephony(makeCallUrl=f"{hub.url}/call/secret"))

    made = sim.callbacks.make_call(19, "79001234567", "78005553535")

    assert made.status == 200
    [request] = hub.requests
    assert (request.method, request.path) == ("GET", "/call/secret")
    assert request.query == {
        "clientId": "9c0e",
        "code": "150",
        "phone": "79001234567",
        "userId": "19",
        "externalPhone": "78005553535",
    }


def test_no_telephone_icon_without_url_code_or_working_module(sim, stranger):
    stranger.register()

    with pytest.raises(LookupError):
        sim.callbacks.make_call(17, "1")
    stranger.register(active=False)
    with pytest.raises(LookupError):
        sim.callbacks.make_call(19, "1")


def test_status_and_activity_are_told(sim, stranger, hub):
    stranger.register(
        baseUrl=hub.url,
        accountUrl=f"{hub.url}/open",
        integrations=telephony(changeUserStatusUrl=f"{hub.url}/status"),
    )

    sim.callbacks.change_status(18, "busy")
    sim.callbacks.change_activity("hub-telephony", active=False)
    sim.callbacks.open_account("hub-telephony")

    status, activity, opened = hub.requests
    assert status.query == {"clientId": "9c0e", "userId": "18", "code": "151", "status": "busy"}
    assert (activity.method, activity.path, activity.form["clientId"]) == ("POST", "/activity", "9c0e")
    assert json.loads(activity.form["activity"]) == {"active": False, "freeze": False}
    assert (opened.method, opened.path, opened.form) == ("POST", "/open", {"clientId": "9c0e"})
    assert not sim.modules["hub-telephony"].is_working


def test_module_that_does_not_answer(sim, stranger, hub):
    stranger.register(integrations=telephony(makeCallUrl=f"{hub.url}/call"))
    hub.fail_next("reset")

    assert sim.callbacks.make_call(19, "1").status == 0

"""What the page is told, and what a browser makes of it."""

import pytest
import requests

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.connectors.retailcrm.simulator.server import parse_codes
from integrations.connectors.retailcrm.simulator.tests.stranger import MODULE, Stranger, call
from tenants.simulation.tests.echo import Echo

HOSTILE = "<img src=x onerror=document.title='hacked'>"


def state(sim, language="en"):
    return requests.get(f"{sim.url}/_page/state", params={"lang": language}, timeout=5).json()


def press(sim, action, **data):
    answer = requests.post(f"{sim.url}/_page/act/{action}?lang=en", json=data, timeout=5)
    return answer.status_code, answer.json()["message"]


def test_managers_with_an_extension_come_first_and_others_are_shown(sim):
    assert [(each["name"], each["code"]) for each in state(sim)["managers"]] == [
        ("Anna Orlova", "150"),
        ("Boris Levin", "151"),
        ("Clara Novik", "152"),
        ("Denis Mazur", ""),
        ("Elena Petrova", ""),
    ]


def test_empty_account_says_that_nobody_has_an_extension():
    with Simulator().running() as sim:
        found = state(sim)

    assert (found["has_codes"], found["calls"]) == (False, [])


def test_card_rings_then_keeps_its_outcome_until_the_next_call(sim, stranger):
    stranger.event(type="in", phone="79001234567", codes=["150"], callExternalId="1")
    [card] = state(sim)["managers"][0]["cards"]
    assert (card["state"], card["direction_label"], card["customer"], card["outcome"]) == (
        "ringing",
        "Incoming",
        "Ivan Petrov",
        "",
    )

    stranger.event(
        type="hangup", phone="79001234567", codes=["150"], callExternalId="1", hangupStatus="no answered"
    )
    [card] = state(sim)["managers"][0]["cards"]
    assert (card["state"], card["outcome"]) == ("ended", "Not answered")

    stranger.event(type="out", phone="1", codes=["150"], callExternalId="2")
    [card] = state(sim)["managers"][0]["cards"]
    assert (card["state"], card["phone"]) == ("ringing", "1")


def test_history_is_newest_first_and_links_only_to_the_web(sim, stranger):
    stranger.upload(call(), call(externalId="2", recordUrl="javascript:alert(1)", duration=3725))

    newest, oldest = state(sim)["calls"]

    assert (newest["record_url"], newest["duration"]) == ("", "1:02:05")
    assert (oldest["record_url"], oldest["manager"], oldest["result"]) == (
        "https://hub.example/rec/AbC.mp3",
        "Anna Orlova",
        "Answered",
    )


def test_call_back_goes_through_the_registered_module(sim, stranger):
    stranger.upload(call())
    assert press(sim, "call", call=1) == (400, "No module offers calls, or the manager has no extension.")

    with Echo().running() as hub:
        block = MODULE["integrations"]["telephony"] | {"makeCallUrl": f"{hub.url}/call"}
        stranger.register(integrations={"telephony": block})
        assert state(sim)["calls"][0]["can_call"]
        assert press(sim, "call", call=1) == (200, "The module answered 200.")

    assert hub.requests[0].query["phone"] == "79001234567"
    assert press(sim, "call", call=1) == (200, "The module did not answer.")
    assert press(sim, "call", call=99)[0] == 400


def test_status_is_changed_from_the_page(sim):
    assert press(sim, "status", user=19, status="dinner") == (200, "Status changed.")
    assert sim.users[19].status == "dinner"
    assert press(sim, "status", user=19, status="away")[0] == 400
    assert press(sim, "status", user=[], status="free")[0] == 400


def test_a_module_is_switched_off_on_command_and_told(sim, stranger):
    with Echo().running() as hub:
        stranger.register(baseUrl=hub.url)
        answer = press(sim, "activity", module="hub-telephony", active=False)

    assert answer == (200, "The module answered 200.")
    assert hub.requests[0].path == "/activity"
    assert hub.requests[0].form == {"clientId": "9c0e", "activity": '{"active": false, "freeze": false}'}
    assert not sim.modules["hub-telephony"].is_working
    assert press(sim, "activity", module="other")[0] == 400
    assert press(sim, "activity", module=[])[0] == 400


def test_clearing_the_screen_keeps_people_and_modules(sim, stranger):
    stranger.register()
    stranger.upload(call())
    stranger.event(type="in", phone="1", codes=["150"])

    press(sim, "clear")

    assert (sim.calls, sim.popups, list(sim.modules)) == ([], [], ["hub-telephony"])


def test_codes_of_the_command_line():
    assert parse_codes("19=150, 18=151") == {"150": 19, "151": 18}
    assert parse_codes("") == {}
    for wrong in ("19", "19=", "x=150", "999=150"):
        with pytest.raises(ValueError, match="USER=EXTENSION"):
            parse_codes(wrong)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1440, 390])
def test_browser_shows_calls_live_and_takes_nothing_for_markup(sim, chromium_path, width):
    from playwright.sync_api import expect, sync_playwright  # a browser is only needed here

    stranger = Stranger(sim.url)
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{sim.url}/?lang=en")
        expect(page.locator("#no-calls")).to_be_visible()

        stranger.event(type="in", phone=HOSTILE, codes=["150"], callExternalId="1")
        expect(page.locator(".card[data-state=ringing] .phone")).to_have_text(HOSTILE)
        stranger.event(type="hangup", phone=HOSTILE, codes=["150"], callExternalId="1", hangupStatus="busy")
        expect(page.locator(".card[data-state=ended] .pill")).to_have_text("Line busy")
        stranger.upload(call(phone=HOSTILE))
        expect(page.locator("#calls tr .phone")).to_have_text(HOSTILE)
        page.locator("#clear").click()
        expect(page.locator("#no-calls")).to_be_visible()

        assert page.title() == "RetailCRM · simulator"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        browser.close()
    assert complaints == []

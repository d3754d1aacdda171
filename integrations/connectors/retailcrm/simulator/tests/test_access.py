"""Who may ask, how often, and how refusals look."""

import pytest
import requests

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.connectors.retailcrm.simulator.tests.stranger import Stranger

MISSING = {"success": False, "errorMsg": '"apiKey" is missing.'}
WRONG = {"success": False, "errorMsg": 'Wrong "apiKey" value.'}


@pytest.mark.parametrize(
    ("headers", "query", "status", "answer"),
    [
        ({}, {}, 403, MISSING),
        ({"X-API-KEY": "other"}, {}, 403, WRONG),
        ({"X-API-KEY": "ключ".encode()}, {}, 403, WRONG),
        ({}, {"apiKey": "other"}, 403, WRONG),
        ({"x-api-key": "simulator-key"}, {}, 200, {"success": True, "versions": ["3.0", "4.0", "5.0"]}),
        ({}, {"apiKey": "simulator-key"}, 200, {"success": True, "versions": ["3.0", "4.0", "5.0"]}),
    ],
)
def test_key_in_a_header_or_a_parameter(sim, headers, query, status, answer):
    found = requests.get(f"{sim.url}/api/api-versions", params=query, headers=headers, timeout=5)

    assert (found.status_code, found.json()) == (status, answer)


def test_key_as_a_form_field(sim):
    form = {"apiKey": "simulator-key", "status": "busy"}

    assert requests.post(f"{sim.url}/api/v5/users/19/status", data=form, timeout=5).status_code == 200


def test_status_of_refusals_can_be_chosen():
    with Simulator(auth_status=400).running() as sim:
        assert Stranger(sim.url, "other").get("/api/credentials") == (400, WRONG)


def test_unknown_method_and_path(stranger):
    assert stranger.get("/api/v5/nothing") == (404, {"success": False, "errorMsg": "Not found"})
    assert stranger.get("/api/v5/credentials")[0] == 404
    assert stranger.get("/api/v5/telephony/setting/x")[0] == 404
    assert stranger.get("/api/v5/telephony/call/event") == (
        405,
        {"success": False, "errorMsg": "Method Not Allowed"},
    )


@pytest.mark.parametrize("path", ["/admin/api/v5/users", "/v5/users", "/apiv5/users"])
def test_wrong_account_path_is_a_page_of_nginx(stranger, path):
    status, page = stranger.get(path)

    assert status == 405
    assert "<h1>405 Not Allowed</h1>" in page


def test_account_that_does_not_exist(sim, stranger):
    sim.account_exists = False

    assert stranger.get("/api/credentials")[0] == 405


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v5/telephony/call/event", "event"),
        ("/api/v5/telephony/calls/upload", "calls"),
        ("/api/v5/integration-modules/x/edit", "integrationModule"),
    ],
)
def test_json_body_has_no_parameters(sim, stranger, path, field):
    answer = stranger.session.post(sim.url + path, json={field: {"type": "in", "phone": "1"}}, timeout=5)

    assert (answer.status_code, answer.json()) == (
        400,
        {"success": False, "errorMsg": f"Parameter '{field}' is missing"},
    )
    assert (sim.events, sim.calls, sim.modules) == ([], [], {})


@pytest.mark.parametrize(
    ("path", "field"),
    [("/api/v5/telephony/call/event", "event"), ("/api/v5/integration-modules/x/edit", "integrationModule")],
)
def test_object_in_brackets_is_not_a_json_string(sim, stranger, path, field):
    status, answer = stranger.post(path, **{f"{field}[code]": "x"})

    assert (status, answer["errors"]) == (400, [f"{field} contains a non-scalar value"])


@pytest.mark.parametrize("text", ["{", "[]", '"text"', "17", "null", "nan"])
def test_field_that_is_no_json_object(stranger, text):
    status, answer = stranger.post("/api/v5/telephony/call/event", event=text)

    assert (status, answer["errorMsg"]) == (400, "Errors in the entity format")


@pytest.fixture
def _long_second(monkeypatch):
    """Counts over a minute, so that a slow machine refuses as many as a fast one."""
    monkeypatch.setattr("tenants.simulation.rates.WINDOW_SECONDS", 60)


@pytest.mark.usefixtures("_long_second")
def test_rate_limits_answer_503_separately_for_telephony():
    with Simulator(codes={"150": 19}).running() as sim:
        stranger = Stranger(sim.url)
        normal = [stranger.get("/api/api-versions")[0] for _ in range(12)]
        telephony = [stranger.event(type="in", phone="1", codes=["150"])[0] for _ in range(42)]

    assert normal == [200] * 10 + [503] * 2
    assert telephony == [200] * 40 + [503] * 2
    assert len(sim.events) == 40


def test_faults_come_before_everything_else(sim, stranger):
    sim.fail_next("html", path="/api/v5/users")

    assert stranger.get("/api/credentials")[0] == 200
    assert stranger.get("/api/v5/users")[1].startswith("<html>")
    assert stranger.get("/api/v5/users")[1]["success"]

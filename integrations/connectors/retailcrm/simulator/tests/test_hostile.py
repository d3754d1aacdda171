"""Whatever JSON is sent, the simulator answers in RetailCRM's envelope and its page goes on working."""

import json

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.connectors.retailcrm.simulator.tests.stranger import MODULE, Stranger, call

URLS = st.sampled_from(["http://[", "https://x/y.svg", "//", "http://", "javascript:1", "http://x:99999999/"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | URLS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVENT = {
    "type": "in",
    "phone": "1",
    "codes": ["150"],
    "userIds": [19],
    "hangupStatus": "busy",
    "callExternalId": "1",
}
TELEPHONY = MODULE["integrations"]["telephony"]


@pytest.fixture(scope="module")
def url():
    with Simulator(codes={"150": 19}, limits_rate=False).running() as sim:
        yield sim.url


def changed(example):
    """The example with some of its values replaced by anything."""
    return st.dictionaries(st.sampled_from(sorted(example)), VALUES, min_size=1, max_size=3).map(
        lambda new: example | new
    )


def assert_envelope(answer):
    status, data = answer
    assert status in (200, 400)
    assert data["success"] is (status == 200)
    assert data["success"] or data["errorMsg"]


@pytest.mark.parametrize(
    "event",
    [
        "[" * 100_000,
        '{"type": "in", "phone": "1", "userIds": ["' + "1" * 5000 + '"]}',
        '{"type": "in", "phone": 1' + "1" * 5000 + "}",
    ],
)
def test_event_that_parsers_choke_on(url, event):
    assert Stranger(url).post("/api/v5/telephony/call/event", event=event)[0] == 400


def assert_page_works(url):
    assert requests.get(f"{url}/_page/state", timeout=5).status_code == 200


@settings(max_examples=60, deadline=None)
@given(event=changed(EVENT) | VALUES)
def test_event(url, event):
    assert_envelope(Stranger(url).post("/api/v5/telephony/call/event", event=json.dumps(event)))
    assert_page_works(url)


@example(calls=[call(recordUrl="http://[")])
@settings(max_examples=60, deadline=None)
@given(calls=st.lists(changed(call()) | VALUES, max_size=2) | VALUES)
def test_calls(url, calls):
    assert_envelope(Stranger(url).post("/api/v5/telephony/calls/upload", calls=json.dumps(calls)))
    assert_page_works(url)


@example(module=MODULE | {"baseUrl": "http://["})
@example(module=MODULE | {"logo": "http://["})
@example(module=MODULE | {"integrationCode": {}})
@example(module=MODULE | {"name": 17, "clientId": []})
@settings(max_examples=60, deadline=None)
@given(
    module=changed(MODULE)
    | changed(TELEPHONY).map(lambda block: MODULE | {"integrations": {"telephony": block}})
    | VALUES
)
def test_module(url, module):
    answer = Stranger(url).post(
        "/api/v5/integration-modules/hub-telephony/edit", integrationModule=json.dumps(module)
    )

    assert_envelope(answer)
    assert_page_works(url)


@settings(max_examples=60, deadline=None)
@given(
    query=st.dictionaries(
        st.text(max_size=12) | st.sampled_from(["limit", "page", "filter[active]", "filter[]"]),
        st.text(max_size=8),
        max_size=3,
    )
)
def test_query(url, query):
    assert_envelope(Stranger(url).get("/api/v5/users", **{"limit": "20", **query}))

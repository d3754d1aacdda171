"""An endpoint that leads to the hub's own source makes no endless loop: between real processes, over real HTTP."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from standardwebhooks import Webhook

from tests.installations import new_company_number
from tests.processes import Installation, wait_for
from webhooks.hops import MOST

pytestmark = [pytest.mark.processes, pytest.mark.timeout(1500)]

KEY = "key-of-the-circle-0123456789"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
IDENTIFIER = "own-source-of-the-hub-0123456789"
CONFIGURATION = """
tenants:
- number: "{number}"
  name: June
  api_keys: [{{name: ci, key: "{key}", scopes: ["*"]}}]
  endpoints: [{{name: In a circle, url: "{url}/webhook/standard/{identifier}", events: ["inbound.*"], secret: "{secret}"}}]
  sources: [{{name: Own, preset: standard, id: "{identifier}", secret: "{secret}"}}]
"""


@pytest.fixture
def hub(shared_installation: Installation, tmp_path: Path) -> Installation:
    url = (
        f"http://127.0.0.1:{shared_installation.port}"  # `localhost` has an address that is not allowed, too
    )
    file = tmp_path / "company.yaml"
    file.write_text(
        CONFIGURATION.format(
            number=new_company_number(), key=KEY, url=url, identifier=IDENTIFIER, secret=SECRET
        )
    )
    shared_installation.manage("apply", str(file))
    return shared_installation


def results(hub: Installation, path: str) -> list[dict[str, Any]]:
    answer = hub.request("GET", f"/api/v1/{path}", headers={"X-API-Key": KEY})
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_the_circle_is_broken_and_both_ends_say_why(hub: Installation) -> None:
    body = orjson.dumps({"type": "order.paid", "data": {"total": 403}})
    headers = {"Content-Type": "application/json", **signed(body)}

    sent = hub.request("POST", f"/webhook/standard/{IDENTIFIER}", body, headers=headers)

    assert sent.status == 200
    failed = wait_for(lambda: results(hub, "deliveries?state=failed"), 60, lambda: hub.output)
    assert [(one["reason"], one["attempts"], one["last_status"]) for one in failed] == [("loop", 1, 508)]
    assert "goes round in a circle" in failed[0]["reason_text"]
    assert len(results(hub, "deliveries?state=done")) == MOST
    refused = results(hub, "inbound?state=failed")
    assert [one["reason"] for one in refused] == ["loop"]
    # The one from outside, one for each hop, and the refused one; nothing is on its way any more.
    assert len(results(hub, "inbound")) == 1 + MOST + 1
    assert len(results(hub, "events?type=inbound.received")) == 1 + MOST


def signed(body: bytes) -> dict[str, str]:
    """As an outside sender signs, by the reference library."""

    moment = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg_1", moment, body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }

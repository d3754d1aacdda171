"""Asks the simulator as somebody who has read the Bot API, and knows nothing of the connector."""

from typing import Any

import requests

from integrations.connectors.telegram.simulator import Simulator

ANN, GROUP = 5001, -4001


def ask(
    simulator: Simulator, method: str, *, token: str = "", files: Any = None, **body: Any
) -> requests.Response:
    url = f"{simulator.url}/bot{token or simulator.token}/{method}"
    if files:
        return requests.post(url, data=body, files=files, timeout=5)
    return requests.post(url, json=body, timeout=5)


def result(simulator: Simulator, method: str, **body: Any) -> Any:
    answer = ask(simulator, method, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def refusal(simulator: Simulator, method: str, **body: Any) -> tuple[int, str]:
    """The HTTP status, which has to be the error's own, and the description."""
    answer = ask(simulator, method, **body)
    told = answer.json()
    assert (told["ok"], told["error_code"]) == (False, answer.status_code)
    return answer.status_code, told["description"]

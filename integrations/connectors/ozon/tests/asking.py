"""Asks the simulator directly, as somebody who has read Ozon's documentation."""

from typing import Any

import requests


def ask(simulator: Any, path: str, body: object, **headers: str) -> requests.Response:
    known = {"Client-Id": simulator.client_id, "Api-Key": simulator.api_key, **headers}
    return requests.post(f"{simulator.url}{path}", json=body, headers=known, timeout=5)

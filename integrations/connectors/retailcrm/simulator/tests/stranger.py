"""Talks to the simulator over plain HTTP, as somebody would who has only read RetailCRM's documentation."""

import json
from typing import Any

import requests

MODULE = {
    "code": "hub-telephony",
    "integrationCode": "hub-telephony",
    "active": True,
    "name": "Hub PBX",
    "logo": "https://hub.example/logo.svg",
    "baseUrl": "https://hub.example",
    "clientId": "9c0e",
    "accountUrl": "https://hub.example/open/",
    "actions": {"activity": "/activity"},
    "integrations": {
        "telephony": {
            "makeCallUrl": "https://hub.example/call/secret",
            "allowEdit": False,
            "inputEventSupported": True,
            "outputEventSupported": True,
            "hangupEventSupported": True,
            "additionalCodes": [{"userId": 19, "code": "150"}, {"userId": "18", "code": "151"}],
            "externalPhones": [{"siteCode": "main", "externalPhone": "78005553535"}],
        }
    },
}


class Stranger:
    """One API client; answers are (status, JSON)."""

    def __init__(self, url: str, key: str = "simulator-key") -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["X-API-KEY"] = key

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        return self._read(self.session.get(self.url + path, params=query, timeout=5))

    def post(self, path: str, **form: Any) -> tuple[int, Any]:
        """Objects and lists go as JSON strings inside form fields."""
        fields = {key: value if isinstance(value, str) else json.dumps(value) for key, value in form.items()}
        return self._read(self.session.post(self.url + path, data=fields, timeout=5))

    def event(self, **event: Any) -> tuple[int, Any]:
        return self.post("/api/v5/telephony/call/event", event=event)

    def upload(self, *calls: dict[str, Any]) -> tuple[int, Any]:
        return self.post("/api/v5/telephony/calls/upload", calls=list(calls))

    def register(self, code: str = "hub-telephony", /, **changes: Any) -> tuple[int, Any]:
        return self.post(f"/api/v5/integration-modules/{code}/edit", integrationModule=MODULE | changes)

    def _read(self, answer: requests.Response) -> tuple[int, Any]:
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.json() if is_json else answer.text


def call(**changes: Any) -> dict[str, Any]:
    """One legal call of the history."""
    return {
        "date": "2025-06-10 14:03:00",
        "type": "in",
        "phone": "79001234567",
        "code": "150",
        "result": "answered",
        "duration": 61,
        "durationWaiting": 8,
        "externalId": "1718000000.42",
        "recordUrl": "https://hub.example/rec/AbC.mp3",
        "externalPhone": "78005553535",
    } | changes

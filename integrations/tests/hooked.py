"""A made-up system that sends requests to us: it says what happened, keeps contacts and knows where to send."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from integrations import connectors
from integrations.capabilities import Account, Check, CheckState, Diagnosis, OutsideUser, Records
from integrations.capabilities.base import Repeat
from integrations.capabilities.records import KindSupport, Page
from integrations.connector import Connector, Session
from integrations.fields import Field, FieldType
from integrations.hooks import (
    Changed,
    Clicked,
    Happening,
    Hooks,
    Noticed,
    Removed,
    Revoked,
    Told,
    WebhookRegistration,
)
from integrations.http.auth import HeaderKey
from integrations.http.messages import Request as Outgoing
from integrations.manifest import Category, Manifest
from integrations.records import Contact, RecordKind
from tenants.simulation import BaseSimulator, Reply, Request
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

KEY = "the key of a made-up system"


class MadeUpHooks(Hooks):
    preset = "token"

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        data = arrival.data
        if not isinstance(data, dict):
            raise NotReadable("no object")
        return tuple(_happening(one) for one in data.get("happened", ()))


def _happening(one: Mapping[str, Any]) -> Happening:
    kind = RecordKind(one.get("kind", "contact"))
    match one["what"]:
        case "changed":
            return Changed(kind, one["id"])
        case "removed":
            return Removed(kind, one["id"])
        case "told":
            return Told(Contact(outside_id=one["id"], name=one["name"], raw=one))
        case "clicked":
            return Clicked(phone=one["phone"])
        case "revoked":
            return Revoked("They switched us off.")
        case _:
            return Noticed(one["type"], one["data"], one["key"])


class MadeUpSession(Session, Account, Records, WebhookRegistration):
    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = {RecordKind.CONTACT: KindSupport()}

    def test_connection(self) -> Diagnosis:
        self._get("/me", "account")
        return Diagnosis("It works.", (Check("Key", CheckState.PASSED),))

    def list_users(self) -> Iterator[OutsideUser]:
        return iter(())

    def read(self, kind: RecordKind, position: Any = None, changed_since: Any = None) -> Page:
        return Page()

    def fetch(self, kind: RecordKind, outside_id: str) -> Contact | None:
        found = self._get(f"/contacts/{outside_id}", "contact")
        return Contact(outside_id=outside_id, name=found["name"], raw=found) if found.get("name") else None

    def subscribe(self, url: str, secret: str) -> None:
        self._put(url)

    def is_subscribed(self, url: str) -> bool:
        return bool(self._get("/hook", "hook.read")["url"] == url)

    def unsubscribe(self, url: str) -> None:
        self._put("")

    def _put(self, url: str) -> None:
        request = Outgoing(
            method="PUT", path="/hook", operation="hook.write", json={"url": url}, repeat=Repeat.ALWAYS
        )
        self.http.call(request)

    def _get(self, path: str, operation: str) -> dict[str, Any]:
        request = Outgoing(method="GET", path=path, operation=operation, repeat=Repeat.ALWAYS)
        return self.http.call(request).json_object()


class MadeUp(Connector):
    """It has no folder."""

    def _text(self, name: str) -> str:
        return "<svg></svg>" if name.endswith(".svg") else "# How to connect it"


CONNECTOR = MadeUp(
    manifest=Manifest(
        code="made_up",
        name="Made-up",
        category=Category.CRM,
        summary="A system of the tests.",
        docs_url="https://example.com/",
        capabilities=(Account, Records, WebhookRegistration),
        base_url_setting="url",
        settings=(Field("url", "Address", FieldType.URL),),
        credentials=(Field("key", "Key", FieldType.SECRET),),
        auth=HeaderKey("X-Key", "key"),
    ),
    session_class=MadeUpSession,
    hooks=MadeUpHooks(),
)


class Simulator(BaseSimulator):
    """Contacts by their id; `more` are further fields of all of them, `hook` is where requests would be sent."""

    name: ClassVar[str] = "made_up"
    title: ClassVar[str] = "Made-up"
    folder: ClassVar[Path] = Path(__file__).parent

    def __init__(self) -> None:
        super().__init__()
        self.contacts = {"1": "Anna", "2": "Boris"}
        self.more: dict[str, str] = {}
        self.hook = ""

    def respond(self, request: Request) -> Reply:
        if request.header("x-key") != KEY:
            return Reply.json({"error": "key"}, 401)
        if request.path == "/me":
            return Reply.json({"ok": True})
        if request.path == "/hook":
            if request.method == "PUT":
                self.hook = request.json()["url"]
            return Reply.json({"url": self.hook})
        return Reply.json({**self.more, "name": self.contacts.get(request.path.rpartition("/")[2], "")})

    def snapshot(self, language: str) -> dict[str, Any]:
        return {}


def register_made_up(monkeypatch: Any) -> None:
    """The made-up system beside those of the folders."""
    found = {**connectors.registry(), "made_up": CONNECTOR}
    monkeypatch.setattr(connectors, "registry", lambda: found)

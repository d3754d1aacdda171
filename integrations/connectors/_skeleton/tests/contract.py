"""The contracts, and that what it sends to us is proved and understood."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest

from integrations.connectors._skeleton import connector
from integrations.connectors._skeleton.simulator import Simulator
from integrations.hooks import Changed, Removed, WebhookRegistration
from integrations.records import Contact, Record, RecordKind
from integrations.sessions import open_session
from integrations.tests.written_records_contract import WrittenRecordsContract
from webhooks.presets import Arrival, preset
from webhooks.presets.arrival import NotReadable

CONTACT = RecordKind.CONTACT


class TestContract(WrittenRecordsContract):
    code = "_skeleton"
    bad_credentials: ClassVar[dict[str, Any]] = {"api_key": "wrong-key-of-somebody"}
    record_kinds = (CONTACT,)
    written_kinds: ClassVar[tuple[RecordKind, ...]] = (CONTACT,)
    creates_once = True

    def make_simulator(self, user_count: int) -> Simulator:
        return Simulator(user_count=user_count, limits_rate=False)

    def settings_for(self, simulator: Any) -> dict[str, Any]:
        return {"url": simulator.url}

    def credentials_for(self, simulator: Any) -> dict[str, Any]:
        return {"api_key": simulator.api_key}

    def put_records(self, simulator: Any, kind: RecordKind, count: int, at: datetime) -> list[str]:
        return [simulator.state.add("contacts", {"name": f"N{n}"}, at)["id"] for n in range(count)]

    def touch_record(self, simulator: Any, kind: RecordKind, outside_id: str, at: datetime) -> None:
        simulator.state.change("contacts", outside_id, {"note": "touched"}, at)

    def remove_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        simulator.state.remove("contacts", outside_id)

    def break_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        simulator.state.rows["contacts"][outside_id] |= {
            name: {"a": [1]} for name in ("name", "phones", "updated_at")
        }

    def count_records(self, simulator: Any, kind: RecordKind) -> int:
        return len(simulator.state.rows["contacts"])

    def records_path(self, kind: RecordKind) -> str:
        return "/api/contacts"

    def new_record(self, simulator: Any, kind: RecordKind, number: int) -> Record:
        return Contact(
            name=f"Anna {number}", phones=(f"+3752912345{number:02}",), emails=(f"a{number}@example.com",)
        )

    def change_of(self, kind: RecordKind) -> Mapping[str, Any]:
        return {"name": "Boris"}

    def extra_of(self, simulator: Any, kind: RecordKind) -> tuple[str, Any]:
        return "note", "by the window"

    def test_subscription_is_made_once_and_taken_back(self, integration, simulator):
        with open_session(integration.pk) as session:
            registration = session.require(WebhookRegistration)
            registration.subscribe("https://hub.example.com/h", "secret-of-ours")
            registration.subscribe("https://hub.example.com/h", "secret-of-ours")
            assert len(simulator.state.hooks) == 1
            assert registration.is_subscribed("https://hub.example.com/h")

            registration.unsubscribe("https://hub.example.com/h")

            assert not registration.is_subscribed("https://hub.example.com/h")

    def test_what_it_sends_is_proved_by_its_signature(self, integration, simulator):
        source = integration.source
        headers, body = simulator.signed("contact.updated", "c1", source.secret)
        arrival = Arrival(
            {name.lower(): one for name, one in headers.items()}, "", body, options=source.options
        )

        assert preset(source.preset).prove(arrival, [source.secret], 300).holds
        assert not preset(source.preset).prove(arrival, ["another-secret"], 300).holds


@pytest.mark.parametrize(
    ("event", "happened"),
    [
        ("contact.updated", (Changed(CONTACT, "c1"),)),
        ("contact.deleted", (Removed(CONTACT, "c1"),)),
        ("invoice.updated", ()),
    ],
)
def test_hooks_name_what_is_read_again(event, happened):
    body = b'{"id": "e1", "event": "%s", "object_id": "c1"}' % event.encode()

    assert connector.hooks.parse(Arrival({}, "", body), {}) == happened


def test_hooks_without_an_object_are_not_readable():
    with pytest.raises(NotReadable):
        connector.hooks.parse(Arrival({}, "", b"{}"), {})

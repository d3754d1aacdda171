"""amoCRM keeps the contract of what follows a call; tasks lie in cards, and its own setting goes first."""

import json

import pytest

from integrations.actions.save_integration import create_integration, update_integration
from integrations.connectors.amocrm.simulator import Simulator
from integrations.models import Integration
from integrations.tests.follow_ups_contract import FollowUpsContract, owner
from tenants.errors import Unsupported


class TestFollowUps(FollowUpsContract):
    code = "amocrm"
    create_paths = {"contact": "/api/v4/contacts", "lead": "/api/v4/leads", "task": "/api/v4/tasks"}

    @property
    def user(self) -> str:  # type: ignore[override]  # the first of those that every account here has
        return str(Simulator().account.users[0].id)

    def make_simulator(self) -> Simulator:
        return Simulator(limits_rate=False)

    def make_integration(self, simulator: Simulator) -> Integration:
        return create_integration(
            owner(),
            "amocrm",
            "CRM",
            settings={"url": simulator.url},
            credentials={"access_token": simulator.token},
        )

    def contacts(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        rows = simulator.account.tables["contacts"].values()
        return [(str(row["id"]), row["name"], str(row["responsible_user_id"])) for row in rows]

    def leads(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        rows = simulator.account.tables["leads"].values()
        return [(str(row["id"]), row["name"], str(row["responsible_user_id"])) for row in rows]

    def tasks(self, simulator: Simulator) -> list[tuple[str, str, str, bool]]:
        return [
            (str(row["id"]), row["text"], str(row.get("responsible_user_id", "")), row["is_completed"])
            for row in simulator.account.tasks
        ]

    def test_task_without_a_card_is_refused_in_words(
        self, integration: Integration, simulator: Simulator
    ) -> None:
        with pytest.raises(Unsupported) as raised:
            self.ask(integration, lambda crm: crm.create_task(self.task()))

        assert "card" in str(raised.value)
        assert simulator.account.tasks == []

    def test_integrations_own_tasks_are_not_doubled(
        self, integration: Integration, simulator: Simulator
    ) -> None:
        update_integration(integration, settings={**integration.settings, "task_minutes": 30})
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id

        with pytest.raises(Unsupported):
            self.ask(integration, lambda crm: crm.create_task(self.task(contact)))

        assert simulator.account.tasks == []

    def test_requests_to_the_letter(self, integration: Integration, simulator: Simulator) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        lead = self.ask(integration, lambda crm: crm.create_lead(self.lead(contact))).outside_id
        task = self.task(contact, lead_id=lead)
        made = self.ask(integration, lambda crm: crm.create_task(task)).outside_id
        self.ask(integration, lambda crm: crm.complete_task(made, "Done: talked"))

        sent = {
            (request.method, request.path): json.loads(request.body)[0]
            for request in simulator.requests
            if request.method != "GET"
        }
        user = int(self.user)
        assert sent["POST", "/api/v4/contacts"] | {"request_id": "0"} == {
            "name": "Jane +375297770011",
            "responsible_user_id": user,
            "custom_fields_values": [
                {"field_code": "PHONE", "values": [{"value": "+375297770011", "enum_code": "WORK"}]}
            ],
            "request_id": "0",
        }
        assert sent["POST", "/api/v4/leads"] | {"request_id": "0"} == {
            "name": "Call from +375297770011",
            "responsible_user_id": user,
            "_embedded": {"contacts": [{"id": int(contact), "is_main": True}]},
            "request_id": "0",
        }
        assert sent["POST", "/api/v4/tasks"] == {
            "text": task.text,
            "complete_till": int(task.due.timestamp()),
            "task_type_id": 1,
            "entity_id": int(lead),
            "entity_type": "leads",
            "responsible_user_id": user,
        }
        assert sent["PATCH", "/api/v4/tasks"] == {
            "id": int(made),
            "is_completed": True,
            "result": {"text": "Done: talked"},
        }

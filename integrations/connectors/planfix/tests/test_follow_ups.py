"""Planfix keeps the contract of what follows a call; deals and tasks are tasks of two templates."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.actions.save_integration import create_integration, update_integration
from integrations.connectors.planfix.simulator import Simulator
from integrations.models import Integration
from integrations.tests.follow_ups_contract import FollowUpsContract, owner
from tenants.errors import Unsupported

DEALS, TASKS = 10, 11
ZONE = ZoneInfo("Europe/Moscow")


class TestFollowUps(FollowUpsContract):
    code = "planfix"
    user = "6"
    skips = {"contact": 2, "lead": 1, "task": 1}
    create_paths = {"contact": "/rest/contact/", "lead": "/rest/task/", "task": "/rest/task/"}

    def make_simulator(self) -> Simulator:
        return Simulator(limits_rate=False)

    def make_integration(self, simulator: Simulator) -> Integration:
        settings = {
            "url": simulator.url,
            "contact_template": "1",
            "deal_template": str(DEALS),
            "call_task_template": str(TASKS),
            "zone": "Europe/Moscow",
        }
        return create_integration(
            owner(),
            "planfix",
            "CRM",
            settings=settings,
            credentials={"planfix_token": simulator.token, "rest_token": simulator.rest_token},
        )

    def contacts(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        return [
            (str(row["id"]), str(row["name"]), _person(row.get("supervisors")))
            for row in simulator.account.tables["contact"].values()
            if any("297770011" in one["number"] for one in row["phones"])
        ]

    def leads(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        return [
            (str(row["id"]), row["name"], _person(row.get("assignees"))) for row in _rows(simulator, DEALS)
        ]

    def tasks(self, simulator: Simulator) -> list[tuple[str, str, str, bool]]:
        return [
            (
                str(row["id"]),
                row["name"],
                _person(row.get("assignees")),
                (row.get("status") or {}).get("id") == 3,
            )
            for row in _rows(simulator, TASKS)
        ]

    def test_without_a_template_there_are_no_tasks(
        self, integration: Integration, simulator: Simulator
    ) -> None:
        settings = {**integration.settings, "call_task_template": ""}
        update_integration(integration, settings=settings)

        with pytest.raises(Unsupported) as raised:
            self.ask(integration, lambda crm: crm.create_task(self.task()))

        assert "template" in str(raised.value)

    def test_task_to_the_letter(self, integration: Integration, simulator: Simulator) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        task = self.task(contact)
        made = self.ask(integration, lambda crm: crm.create_task(task)).outside_id
        self.ask(integration, lambda crm: crm.complete_task(made, "Done"))

        sent = {request.path: json.loads(request.body) for request in simulator.requests}
        due = task.due.astimezone(ZONE).strftime("%d.%m.%Y %H:%M")
        assert sent["/rest/task/"] == {
            "template": {"id": TASKS},
            "name": task.text,
            "description": f"Until {due}.",
            "counterparty": {"id": f"contact:{contact}"},
            "assignees": {"users": [{"id": "user:6"}]},
        }
        assert sent[f"/rest/task/{made}"] == {"status": {"id": 3}}


def _rows(simulator: Simulator, template: int) -> list[dict[str, Any]]:
    rows = simulator.account.tables["task"].values()
    return [row for row in rows if row["template"]["id"] == template]


def _person(people: dict[str, Any] | None) -> str:
    users = (people or {}).get("users") or []
    return users[0]["id"].removeprefix("user:") if users else ""

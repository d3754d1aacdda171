"""RetailCRM keeps the contract of what follows a call; its requests to the letter."""

import json
from typing import Any

from integrations.actions.save_integration import create_integration
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Integration
from integrations.tests.follow_ups_contract import FollowUpsContract, owner


class TestFollowUps(FollowUpsContract):
    code = "retailcrm"
    user = "19"
    create_paths = {
        "contact": "/api/v5/customers/create",
        "lead": "/api/v5/orders/create",
        "task": "/api/v5/tasks/create",
    }

    def make_simulator(self) -> Simulator:
        return Simulator(limits_rate=False)

    def make_integration(self, simulator: Simulator) -> Integration:
        return create_integration(
            owner(),
            "retailcrm",
            "CRM",
            settings={"url": simulator.url},
            credentials={"api_key": simulator.api_key},
        )

    def contacts(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        rows = simulator.shop.customers.rows.values()
        return [
            (str(row["id"]), row["firstName"], str(row.get("managerId", "")))
            for row in rows
            if any("297770011" in one["number"] for one in row["phones"])
        ]

    def leads(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        rows = simulator.shop.orders.rows.values()
        return [(str(row["id"]), row["firstName"], str(row["managerId"])) for row in rows]

    def tasks(self, simulator: Simulator) -> list[tuple[str, str, str, bool]]:
        return [
            (str(row["id"]), row["text"], str(row["performerId"]), row["complete"]) for row in simulator.tasks
        ]

    def test_requests_to_the_letter(self, integration: Integration, simulator: Simulator) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        self.ask(integration, lambda crm: crm.create_lead(self.lead(contact)))
        task = self.task(contact)
        self.ask(integration, lambda crm: crm.create_task(task))

        sent: dict[str, Any] = {
            request.path: json.loads(next(iter(request.form.values())))
            for request in simulator.requests
            if request.method == "POST"
        }
        assert sent == {
            "/api/v5/customers/create": {
                "externalId": "k1",
                "firstName": "Jane +375297770011",
                "phones": [{"number": "+375297770011"}],
                "managerId": 19,
            },
            "/api/v5/orders/create": {
                "externalId": "k2",
                "firstName": "Call from +375297770011",
                "phone": "375297770011",
                "customer": {"id": int(contact)},
                "managerId": 19,
                "orderMethod": "missed-call",
            },
            "/api/v5/tasks/create": {
                "text": task.text,
                "datetime": task.due.astimezone(simulator.shop.zone).strftime("%Y-%m-%d %H:%M"),
                "phone": "375297770011",
                "performerId": 19,
                "customer": {"id": int(contact)},
            },
        }

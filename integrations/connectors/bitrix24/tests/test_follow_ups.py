"""Bitrix24 keeps the contract of what follows a call: leads for strangers, deals for clients with a card."""

import json
from typing import Any

from integrations.connectors.bitrix24.simulator import Simulator
from integrations.connectors.bitrix24.simulator.state import CONTACT, DEAL, LEAD
from integrations.connectors.bitrix24.tests.factories import make_application
from integrations.models import Integration
from integrations.tests.follow_ups_contract import PHONE, FollowUpsContract, owner


class TestFollowUps(FollowUpsContract):
    code = "bitrix24"
    user = "6"
    create_paths = {
        "contact": "/rest/batch",
        "lead": "/rest/batch",
        "task": "/rest/crm.activity.todo.add",
    }

    def make_simulator(self) -> Simulator:
        return Simulator(limits_rate=False)

    def make_integration(self, simulator: Simulator) -> Integration:
        return make_application(owner(), simulator)

    def contacts(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        return [
            (str(row["id"]), row["lastName"], str(row["assignedById"]))
            for row in simulator.portal.items[CONTACT].values()
            if any(one["value"] == PHONE for one in row["fm"])
        ]

    def leads(self, simulator: Simulator) -> list[tuple[str, str, str]]:
        return [
            (f"{name}:{row['id']}", row["title"], str(row["assignedById"]))
            for kind, name in ((LEAD, "lead"), (DEAL, "deal"))
            for row in simulator.portal.items[kind].values()
            if row.get("originatorId") == "switchboard"
        ]

    def tasks(self, simulator: Simulator) -> list[tuple[str, str, str, bool]]:
        return [
            (row["ID"], row["DESCRIPTION"], str(row["RESPONSIBLE_ID"]), row["COMPLETED"] == "Y")
            for row in simulator.portal.todos.values()
        ]

    def test_stranger_becomes_a_lead_that_is_known_from_then_on(
        self, integration: Integration, simulator: Simulator
    ) -> None:
        made = self.ask(integration, lambda crm: crm.create_lead(self.lead(is_single=True)))
        found = self.ask(integration, lambda crm: crm.find_client(PHONE))
        single = self.lead(found.contact_id, key="other", is_single=True)
        again = self.ask(integration, lambda crm: crm.create_lead(single))
        task = self.ask(integration, lambda crm: crm.create_task(self.task(found.contact_id)))

        assert made.outside_id == found.contact_id == again.outside_id
        assert made.outside_id.startswith("lead:")
        assert (again.is_former, len(self.leads(simulator))) == (True, 1)
        [todo] = simulator.portal.todos.values()
        assert (todo["OWNER_TYPE_ID"], f"lead:{todo['OWNER_ID']}") == (LEAD, made.outside_id)
        assert todo["ID"] == task.outside_id

    def test_what_has_to_be_done_to_the_letter(self, integration: Integration, simulator: Simulator) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        task = self.task(contact)
        made = self.ask(integration, lambda crm: crm.create_task(task)).outside_id
        self.ask(integration, lambda crm: crm.complete_task(made, "Done"))

        sent: dict[str, Any] = {
            request.path.rpartition("/")[2]: json.loads(request.body)
            for request in simulator.requests
            if "activity" in request.path
        }
        assert {name: {key: body[key] for key in body if key != "auth"} for name, body in sent.items()} == {
            "crm.activity.list": {
                "filter": {
                    "OWNER_TYPE_ID": 3,
                    "OWNER_ID": int(contact),
                    "PROVIDER_ID": "CRM_TODO",
                    "COMPLETED": "N",
                },
                "order": {"ID": "DESC"},
                "select": ["ID", "DESCRIPTION", "SUBJECT"],
            },
            "crm.activity.todo.add": {
                "ownerTypeId": 3,
                "ownerId": int(contact),
                "title": "Call back",
                "description": task.text,
                "deadline": task.due.isoformat(timespec="seconds"),
                "responsibleId": 6,
            },
            "crm.activity.update": {"id": int(made), "fields": {"COMPLETED": "Y"}},
        }

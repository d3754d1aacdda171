"""amoCRM keeps the contracts of calls and of records."""

import time
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.connectors.amocrm.simulator import Simulator, User
from integrations.connectors.amocrm.simulator.people import phone
from integrations.connectors.amocrm.simulator.state import FIRST_STATUS, PIPELINE
from integrations.records import Company, Contact, Deal, Money, Record, RecordKind
from integrations.tests.contract import CallNotificationsContract
from integrations.tests.written_records_contract import WrittenRecordsContract

PLURALS = {RecordKind.CONTACT: "contacts", RecordKind.COMPANY: "companies", RecordKind.DEAL: "leads"}


class TestContract(CallNotificationsContract, WrittenRecordsContract):
    code = "amocrm"
    bad_credentials = {"access_token": "a-wrong-token-0123456789"}
    upload_path = "/api/v4/calls"
    is_empty_answer_success = True
    user_count = 251
    record_kinds = tuple(PLURALS)
    written_kinds = tuple(PLURALS)

    def make_simulator(self, user_count):
        users = [User(number, f"Ann {number}", "ann@example.com") for number in range(1, user_count + 1)]
        return Simulator(users=users, limits_rate=False)

    def settings_for(self, simulator):
        return {"url": simulator.url}

    def credentials_for(self, simulator):
        return {"access_token": simulator.token}

    def put_records(self, simulator: Simulator, kind: RecordKind, count: int, at: datetime) -> list[str]:
        more: dict[str, Any] = {}
        if kind is RecordKind.DEAL:
            more = {"price": 100, "status_id": FIRST_STATUS, "pipeline_id": PIPELINE, "closed_at": None}
        rows = [
            simulator.account.add(PLURALS[kind], int(at.timestamp()), name=f"Name {number}", **more)
            for number in range(count)
        ]
        return [str(row["id"]) for row in rows]

    def touch_record(self, simulator: Simulator, kind: RecordKind, outside_id: str, at: datetime) -> None:
        row = simulator.account.tables[PLURALS[kind]][int(outside_id)]
        row |= {"updated_at": int(at.timestamp()), "name": "Touched"}

    def remove_record(self, simulator: Simulator, kind: RecordKind, outside_id: str) -> None:
        simulator.account.delete(PLURALS[kind], int(outside_id))

    def break_record(self, simulator: Simulator, kind: RecordKind, outside_id: str) -> None:
        simulator.account.broken.add(int(outside_id))

    def count_records(self, simulator: Simulator, kind: RecordKind) -> int:
        return len(simulator.account.tables[PLURALS[kind]])

    def records_path(self, kind: RecordKind) -> str:
        return f"/api/v4/{PLURALS[kind]}"

    def new_record(self, simulator: Simulator, kind: RecordKind, number: int) -> Record:
        account, phones = simulator.account, (f"+3752912345{number:02}", "+375291234599")
        if kind is RecordKind.COMPANY:
            return Company(
                name=f"Firm {number}",
                phones=phones,
                emails=("firm@example.com",),
                website="https://example.com",
                address="Minsk, 1",
                responsible_id="2",
                custom={"cf.23": ["Торговля", "Связь"]},
            )
        company = next(iter(account.tables["companies"]), None) or account.add("companies", name="Firm")["id"]
        if kind is RecordKind.CONTACT:
            return Contact(
                name=f"Ann {number}",
                first_name="Ann",
                last_name="Smith",
                phones=phones,
                emails=("ann@example.com", "ann@example.org"),
                company_ids=(str(company),),
                responsible_id="2",
                position="Buyer",
                custom={"cf.14": 5, "cf.15": "Реклама"},
            )
        contact = next(iter(account.tables["contacts"]), None) or self._contact(simulator)
        return Deal(
            title=f"Deal {number}",
            total=Money(Decimal("1500.5"), "RUB"),
            pipeline=str(PIPELINE),
            stage=str(FIRST_STATUS + 1),
            stage_title="Переговоры",
            contact_ids=(str(contact),),
            company_ids=(str(company),),
            responsible_id="2",
            custom={"cf.31": True},
        )

    def change_of(self, kind: RecordKind) -> dict[str, Any]:
        if kind is RecordKind.DEAL:
            return {"title": "Another", "total": Money(Decimal("20"), "RUB")}
        return {"name": "Another", "phones": ("+375291234577",)}

    def extra_of(self, simulator: Simulator, kind: RecordKind) -> tuple[str, Any]:
        if kind is RecordKind.DEAL:
            return "cf.32", "Д-17"
        return ("cf.15", "Знакомые") if kind is RecordKind.CONTACT else ("cf.23", ["Услуги"])

    def _contact(self, simulator: Simulator) -> int:
        values = [phone(simulator.account, "+375291234500")]
        row = simulator.account.add("contacts", int(time.time()), name="Ann", custom_fields_values=values)
        return int(row["id"])

"""Bitrix24 keeps the contracts: of calls as an application, of records and users by a webhook."""

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from integrations import live
from integrations.actions.load_users import load_users
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Account
from integrations.connectors.bitrix24.simulator import Employee, Simulator
from integrations.connectors.bitrix24.simulator.state import COMPANY, CONTACT, DEAL, LEAD, ZONE
from integrations.connectors.bitrix24.tests.factories import CLIENT, make_application, settings_for
from integrations.models import OAuthToken
from integrations.records import Company, Contact, Deal, Money, RecordKind
from integrations.sessions import open_session
from integrations.tests.contract import CallNotificationsContract
from integrations.tests.written_records_contract import WrittenRecordsContract
from tenants.errors import AuthFailed
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

FIRST = {RecordKind.CONTACT: CONTACT, RecordKind.COMPANY: COMPANY, RecordKind.DEAL: DEAL}


def staff(count: int) -> list[Employee]:
    return [Employee(number, f"Ann{number}", "Smith", str(100 + number)) for number in range(1, count + 1)]


class TestCalls(CallNotificationsContract):
    code = "bitrix24"
    bad_credentials = {"client_id": "local.nobody", "client_secret": "a-wrong-client-secret"}
    upload_path = "/rest/telephony.externalCall.finish"
    user_count = 101
    """More than two pages."""

    def make_simulator(self, user_count):
        return Simulator(employees=staff(user_count), limits_rate=False)

    def settings_for(self, simulator):
        return settings_for(simulator)

    def credentials_for(self, simulator):
        return CLIENT

    @pytest.fixture
    def integration(self, simulator):
        tenant = make_tenant()
        with tenant_scope(tenant):
            yield make_application(tenant, simulator)

    def test_bad_credentials_are_diagnosed_in_words_and_never_kept(self, integration, simulator, caplog):
        self.spoil_access(integration)

        found = diagnose(integration)

        assert not found.works
        assert str(found.checks[0].text)
        self._assert_no_secret({"access": "a-wrong-access-token"}, caplog)

    def test_bad_credentials_raise_auth_failed(self, integration):
        self.spoil_access(integration)

        with open_session(integration.pk) as session, pytest.raises(AuthFailed):
            list(session.require(Account).list_users())
        integration.refresh_from_db()

        assert (integration.health, integration.health_code) == ("misconfigured", "auth")

    def test_tokens_are_in_no_exchange_and_no_log(self, integration, simulator, caplog):
        diagnose(integration)
        load_users(integration)
        token = OAuthToken.objects.get()

        self._assert_no_secret({"a": token.access_token, "r": token.refresh_token}, caplog)

    def spoil_access(self, integration):
        """An application's credentials are its tokens."""
        OAuthToken.objects.filter(integration=integration).update(access_token="a-wrong-access-token")
        live.forget(integration.tenant_id)


class TestRecords(WrittenRecordsContract):
    code = "bitrix24"
    bad_credentials = {"webhook_url": "https://example.bitrix24.ru/rest/1/a-wrong-webhook-secret"}
    user_count = 101
    record_kinds = (RecordKind.CONTACT, RecordKind.COMPANY, RecordKind.DEAL)
    written_kinds = record_kinds
    creates_once = True

    def make_simulator(self, user_count):
        return Simulator(employees=staff(user_count), limits_rate=False, is_empty=True)

    def settings_for(self, simulator):
        # A wrong webhook has to be one of the same portal, or nothing would be sent at all.
        type(self).bad_credentials = {"webhook_url": f"{simulator.url}/rest/1/a-wrong-webhook-secret"}
        return settings_for(simulator)

    def credentials_for(self, simulator):
        return {"webhook_url": simulator.webhook_url}

    def put_records(self, simulator, kind, count, at):
        made = [
            simulator.crm.create(entity, {"title": f"T{number}", "name": f"N{number}", "opportunity": number})
            for number in range(count)
            for entity in [FIRST[kind] if number % 3 or kind is not RecordKind.DEAL else LEAD]
        ]
        for item in made:
            self.items_of(simulator, item)["updatedTime"] = text(at)
        return [outside_id(item) for item in made]

    def touch_record(self, simulator, kind, outside_id, at):
        item = self.find(simulator, kind, outside_id)
        item |= {"comments": "touched", "updatedTime": text(at)}

    def remove_record(self, simulator, kind, outside_id):
        item = self.find(simulator, kind, outside_id)
        del simulator.portal.items[item["entityTypeId"]][item["id"]]

    def break_record(self, simulator, kind, outside_id):
        item = self.find(simulator, kind, outside_id)
        kept = {"id", "entityTypeId", "updatedTime"}
        item |= {name: {"odd": [None, 1]} for name in item if name not in kept}

    def count_records(self, simulator, kind):
        kinds = (LEAD, DEAL) if kind is RecordKind.DEAL else (FIRST[kind],)
        return sum(len(simulator.portal.items[one]) for one in kinds)

    def records_path(self, kind):
        return "/rest/"

    def new_record(self, simulator, kind, number):
        phone = f"+3752912345{number:02}"
        if kind is RecordKind.CONTACT:
            return Contact(
                name=f"Иван {number} Петров",
                first_name="Иван",
                middle_name=str(number),
                last_name="Петров",
                phones=(phone,),
                emails=(f"ivan{number}@example.com",),
                company_ids=("12", "13"),
                responsible_id="1",
                position="Директор & Co",
                comment="a=b&c[d]=e\nвторая строка",
            )
        if kind is RecordKind.COMPANY:
            return Company(
                name=f"ООО «Ромашка» {number}",
                phones=(phone,),
                emails=("office@example.com",),
                website="https://example.com/?a=b",
                responsible_id="1",
                comment="x",
            )
        return Deal(
            title=f"Поставка {number}",
            is_lead=number % 2 == 1,
            total=Money(Decimal("990.5"), "BYN"),
            stage="NEW",
            stage_title="Новый" if number % 2 == 1 else "Новая",
            contact_ids=("7", "8"),
            company_ids=("12",),
            responsible_id="1",
            source="CALL",
            comment="x",
        )

    def change_of(self, kind):
        return {"title": "Другое", "comment": ""} if kind is RecordKind.DEAL else {"comment": "Другое"}

    def extra_of(self, simulator, kind):
        return {
            RecordKind.CONTACT: ("ufCrm_1700000003", "A & B"),
            RecordKind.COMPANY: ("ufCrm_1700000004", "190000000"),
            RecordKind.DEAL: ("ufCrm_1700000001", "44"),
        }[kind]

    def find(self, simulator, kind, outside: str) -> dict[str, Any]:
        name, _colon, number = outside.rpartition(":")
        return simulator.portal.items[{"lead": LEAD, "deal": DEAL}.get(name, FIRST[kind])][int(number)]

    def items_of(self, simulator, item):
        return simulator.portal.items[item["entityTypeId"]][item["id"]]


def text(moment):
    """As the portal writes it."""
    return moment.astimezone(UTC).astimezone(ZONE).isoformat(timespec="seconds")


def outside_id(item):
    return {LEAD: "lead:", DEAL: "deal:"}.get(item["entityTypeId"], "") + str(item["id"])

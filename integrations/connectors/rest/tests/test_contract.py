"""The contracts, with each style of paging."""

from datetime import datetime
from typing import Any, ClassVar

import pytest

from integrations.capabilities import Account
from integrations.connectors.rest.simulator import Simulator
from integrations.connectors.rest.tests.entered import (
    delta_row,
    kind_row,
    mutated_row,
    settings_of,
)
from integrations.models import Exchange, Integration, OutsideUser
from integrations.records import RecordKind
from integrations.sessions import open_session
from integrations.tests.records_bench import records_of
from integrations.tests.records_contract import RecordsContract
from tenants.errors import AuthFailed, HubError, Unsupported

COLLECTIONS = {RecordKind.CONTACT: "contacts", RecordKind.ORDER: "orders"}


class RestContract(RecordsContract):
    """Such a system has no users that anybody described: the contract's tests of users are about records here."""

    code = "rest"
    bad_credentials: ClassVar[dict[str, Any]] = {"key": "wrong-key-of-somebody"}
    record_kinds = (RecordKind.CONTACT, RecordKind.ORDER)
    written_kinds: ClassVar[tuple[RecordKind, ...]] = (RecordKind.CONTACT, RecordKind.ORDER)
    style: ClassVar[str]

    def make_simulator(self, user_count: int) -> Simulator:
        return Simulator()

    def settings_for(self, simulator: Any) -> dict[str, Any]:
        rows = [kind_row(self.style, kind.value, name) for kind, name in COLLECTIONS.items()]
        return settings_of(simulator.url, *rows)

    def credentials_for(self, simulator: Any) -> dict[str, Any]:
        return {"key": simulator.key}

    def put_records(self, simulator: Any, kind: RecordKind, count: int, at: datetime) -> list[str]:
        add = simulator.store.add
        return [str(add(COLLECTIONS[kind], {"name": f"N{n}"}, at)["id"]) for n in range(count)]

    def touch_record(self, simulator: Any, kind: RecordKind, outside_id: str, at: datetime) -> None:
        simulator.store.change(COLLECTIONS[kind], int(outside_id), {"touched": True}, at)

    def remove_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        simulator.store.remove(COLLECTIONS[kind], int(outside_id))

    def break_record(self, simulator: Any, kind: RecordKind, outside_id: str) -> None:
        simulator.store.rows[COLLECTIONS[kind]][int(outside_id)] |= {"name": [[]], "updated_at": {"a": 1}}

    def count_records(self, simulator: Any, kind: RecordKind) -> int:
        return len(simulator.store.rows[COLLECTIONS[kind]])

    def records_path(self, kind: RecordKind) -> str:
        return "/api/"

    # There are no users: what the contract asks of them is asked of records.

    def test_users_are_read_to_the_last_page(self, integration):
        with open_session(integration.pk) as session, pytest.raises(Unsupported):
            list(session.require(Account).list_users())

    def test_second_run_changes_nothing(self, integration):
        self.test_users_are_read_to_the_last_page(integration)
        assert not OutsideUser.objects.exists()

    def test_failed_load_leaves_the_users_alone(self, integration, simulator):
        simulator.fail("500")

        self.test_users_are_read_to_the_last_page(integration)

    def test_bad_credentials_raise_auth_failed(self, integration):
        Integration.objects.filter(pk=integration.pk).update(credentials=self.bad_credentials)

        with records_of(integration) as records, pytest.raises(AuthFailed):
            records.read(RecordKind.CONTACT)
        integration.refresh_from_db()

        assert (integration.health, integration.health_code) == ("misconfigured", "auth")

    def test_secrets_are_in_no_exchange_and_no_log(self, integration, simulator, caplog):
        with caplog.at_level("DEBUG"), records_of(integration) as records:
            records.read(RecordKind.CONTACT)
            records.fetch(RecordKind.CONTACT, "1")
            simulator.fail("500")
            with pytest.raises(HubError):
                records.read(RecordKind.CONTACT)

        assert Exchange.objects.count() >= 3
        self._assert_no_secret(integration.credentials, caplog)


class TestCursor(RestContract):
    style = "cursor"


class TestPage(RestContract):
    style = "page"
    keeps_place = False


class TestOffset(RestContract):
    style = "offset"
    keeps_place = False


class TestLink(RestContract):
    style = "link"
    keeps_place = False


class TestNextUrl(RestContract):
    style = "next"
    keeps_place = False


class TestODataDelta(RestContract):
    keeps_place = False

    def settings_for(self, simulator: Any) -> dict[str, Any]:
        return settings_of(simulator.url, *(delta_row(kind.value) for kind in COLLECTIONS))


class TestGraphQL(RestContract):
    """Read and written by GraphQL."""

    def settings_for(self, simulator: Any) -> dict[str, Any]:
        return settings_of(simulator.url, *(mutated_row(kind.value) for kind in COLLECTIONS))

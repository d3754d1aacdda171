"""What every system keeps in which something can be made after a call: each thing once, however often it is asked for."""

from abc import abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.core.cache import cache

from integrations.capabilities import CallFollowUps, FollowUpKind, Made, NewContact, NewLead, NewTask
from integrations.connectors import get as get_connector
from integrations.models import Integration
from integrations.sessions import open_session
from tenants.errors import HubError, TransientError
from tenants.models import Tenant
from tenants.scoping import current_tenant_id, tenant_scope
from tenants.tests.factories import make_tenant

PHONE = "+375297770011"


def owner() -> Tenant:
    """The company in scope."""
    return Tenant.objects.get(pk=current_tenant_id() or 0)


@pytest.mark.django_db(transaction=True)
class FollowUpsContract:
    """A connector's class says how its simulator is made and what lies in it."""

    code: ClassVar[str]
    user: ClassVar[str]
    """The id there of somebody to whom things can be given."""
    create_paths: ClassVar[dict[str, str]]
    """Where contacts, leads and tasks are created, to spoil just that; `skips` says how many look-ups come before."""
    skips: ClassVar[dict[str, int]] = {}

    @abstractmethod
    def make_simulator(self) -> Any: ...

    @abstractmethod
    def make_integration(self, simulator: Any) -> Integration: ...

    @abstractmethod
    def contacts(self, simulator: Any) -> list[tuple[str, str, str]]:
        """Those with PHONE: id, name, whose."""

    @abstractmethod
    def leads(self, simulator: Any) -> list[tuple[str, str, str]]:
        """Id, title, whose."""

    @abstractmethod
    def tasks(self, simulator: Any) -> list[tuple[str, str, str, bool]]:
        """Id, text, whose, done."""

    @pytest.fixture
    def simulator(self) -> Iterator[Any]:
        cache.clear()
        with self.make_simulator().running() as running:
            yield running

    @pytest.fixture
    def integration(self, simulator: Any) -> Iterator[Integration]:
        tenant = make_tenant(timezone="UTC", phone_region="BY")
        with tenant_scope(tenant):
            yield self.make_integration(simulator)

    def ask(self, integration: Integration, call: Any) -> Any:
        with open_session(integration.pk, seconds=20) as session:
            return call(session.require(CallFollowUps))

    def contact(self, key: str = "k1", **values: Any) -> NewContact:
        return NewContact(**{**_shared(key, self.user), "name": "Jane +375297770011", **values})

    def lead(self, contact_id: str = "", key: str = "k2", **values: Any) -> NewLead:
        named = {"title": "Call from +375297770011", "contact_id": contact_id, "is_missed": True}
        return NewLead(**{**_shared(key, self.user), **named, **values})

    def task(self, contact_id: str = "", key: str = "k3", **values: Any) -> NewTask:
        due = datetime.now(UTC) + timedelta(hours=2)
        named = {"text": "Call back +375297770011: missed call on 10.06.2026 14:03, line 1", "due": due}
        return NewTask(**{**_shared(key, self.user), **named, "contact_id": contact_id, **values})

    def test_says_in_its_manifest_what_it_can(self) -> None:
        assert CallFollowUps in get_connector(self.code).manifest.capabilities

    def test_contact_is_made_once_and_found_by_its_number(
        self, integration: Integration, simulator: Any
    ) -> None:
        assert self.ask(integration, lambda crm: crm.find_client(PHONE)) is None

        made: Made = self.ask(integration, lambda crm: crm.create_contact(self.contact()))
        again: Made = self.ask(integration, lambda crm: crm.create_contact(self.contact(key="another")))
        found = self.ask(integration, lambda crm: crm.find_client(PHONE))

        assert (made.is_former, again) == (False, Made(made.outside_id, is_former=True))
        assert (found.contact_id, found.responsible_id) == (made.outside_id, self.user)
        [(number, name, owner)] = self.contacts(simulator)
        assert (number, owner) == (made.outside_id, self.user)
        assert "Jane" in name

    def test_lead_is_made_once(self, integration: Integration, simulator: Any) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        made = self.ask(integration, lambda crm: crm.create_lead(self.lead(contact)))
        again = self.ask(integration, lambda crm: crm.create_lead(self.lead(contact)))

        assert (made.is_former, again.outside_id) == (False, made.outside_id)
        [(number, title, owner)] = self.leads(simulator)
        assert (number, title, owner) == (made.outside_id, "Call from +375297770011", self.user)

    def test_only_if_none_is_open(self, integration: Integration, simulator: Any) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        first = self.ask(integration, lambda crm: crm.create_lead(self.lead(contact, is_single=True)))
        single = self.lead(contact, key="k9", title="Another call", is_single=True)
        second = self.ask(integration, lambda crm: crm.create_lead(single))
        any_ = self.lead(contact, key="k10", title="A third call")
        third = self.ask(integration, lambda crm: crm.create_lead(any_))

        assert second == Made(first.outside_id, is_former=True)
        assert not third.is_former
        assert len(self.leads(simulator)) == 2

    def test_task_is_made_once_and_done_once(self, integration: Integration, simulator: Any) -> None:
        contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        made = self.ask(integration, lambda crm: crm.create_task(self.task(contact)))
        again = self.ask(integration, lambda crm: crm.create_task(self.task(contact)))

        assert (made.is_former, again) == (False, Made(made.outside_id, is_former=True))
        [(number, text, owner, is_done)] = self.tasks(simulator)
        assert (number, text, owner, is_done) == (made.outside_id, self.task().text, self.user, False)

        for _turn in range(2):
            self.ask(integration, lambda crm: crm.complete_task(made.outside_id, "Done"))

        assert [row[3] for row in self.tasks(simulator)] == [True]

    @pytest.mark.parametrize("kind", ["contact", "lead", "task"])
    def test_what_was_made_but_not_answered_is_not_made_again(
        self, integration: Integration, simulator: Any, kind: str
    ) -> None:
        contact = ""
        if kind != "contact":
            contact = self.ask(integration, lambda crm: crm.create_contact(self.contact())).outside_id
        makers: dict[str, Any] = {
            "contact": lambda crm: crm.create_contact(self.contact()),
            "lead": lambda crm: crm.create_lead(self.lead(contact)),
            "task": lambda crm: crm.create_task(self.task(contact)),
        }
        order = {"method": "POST", "path": self.create_paths[kind], "skip": self.skips.get(kind, 0)}
        simulator.fail_next("500", after=True, **order)
        with pytest.raises(HubError) as raised:
            self.ask(integration, makers[kind])
        assert isinstance(raised.value, TransientError)
        session_class = get_connector(self.code).session_class
        assert issubclass(session_class, CallFollowUps)
        if session_class.may_repeat_follow_up(FollowUpKind(kind), raised.value):
            self.ask(integration, makers[kind])

        of_kind: dict[str, Any] = {"contact": self.contacts, "lead": self.leads, "task": self.tasks}
        rows = of_kind[kind](simulator)
        assert len(rows) == 1

    def test_hostile_names_stay_text(self, integration: Integration, simulator: Any) -> None:
        name = "\"><script>alert(1)</script>' OR 1=1; \\ {x}"
        self.ask(integration, lambda crm: crm.create_contact(self.contact(name=name)))

        [(_number, kept, _owner)] = self.contacts(simulator)
        assert kept.strip() == name


def _shared(key: str, user: str) -> dict[str, Any]:
    since = datetime.now(UTC) - timedelta(seconds=30)
    return {"key": key, "phone": PHONE, "since": since, "responsible_id": user}

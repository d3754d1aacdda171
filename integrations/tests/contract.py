"""The contract that every connector keeps, tried against its simulator over real HTTP.

A connector's test class inherits `ConnectorContract` and says how its simulator is made, what to enter, and which of
its calls to spoil. The simulator is built from what is known of the system, never from the connector's code.
"""

import logging
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from django.conf import settings

from integrations.actions.load_users import load_users
from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Account, CallKind, CallNotifications, CallReceipt, CheckState
from integrations.connector import Session
from integrations.connectors import get as get_connector
from integrations.http.errors import OutcomeUnknown
from integrations.models import Exchange, Integration, OutsideUser
from integrations.sessions import open_session
from integrations.tests.factories import finished, ringing
from tenants.errors import AuthFailed, HubError, RateLimited, TransientError, Unsupported
from tenants.scoping import tenant_scope
from tenants.simulation import BaseSimulator
from tenants.tests.factories import make_tenant

SPOILED = [("429", RateLimited), ("503", TransientError), ("500", OutcomeUnknown), ("html", OutcomeUnknown)]
SPOILED += [("empty", OutcomeUnknown), ("truncated", OutcomeUnknown), ("reset", OutcomeUnknown)]


@pytest.mark.django_db(transaction=True)
class ConnectorContract:
    """What every connector keeps; those with more capabilities inherit the contracts below too."""

    code: ClassVar[str]
    bad_credentials: ClassVar[dict[str, Any]]
    user_count: ClassVar[int] = 250
    """Enough users for more than one page."""
    has_users: ClassVar[bool] = True
    """Whether the system has users that could be loaded; without them, say what else is a `probe`."""

    @abstractmethod
    def make_simulator(self, user_count: int) -> BaseSimulator:
        """A simulator with so many users, without its rate limit."""

    @abstractmethod
    def settings_for(self, simulator: Any) -> dict[str, Any]: ...

    @abstractmethod
    def credentials_for(self, simulator: Any) -> dict[str, Any]: ...

    def probe(self, session: Session) -> None:
        """A call that needs the credentials."""
        list(session.require(Account).list_users())

    @pytest.fixture
    def simulator(self) -> Iterator[Any]:
        with self.make_simulator(self.user_count).running() as running:
            yield running

    @pytest.fixture
    def integration(self, simulator: Any) -> Iterator[Integration]:
        tenant = make_tenant()
        with tenant_scope(tenant):
            yield create_integration(
                tenant,
                self.code,
                "Under contract",
                settings=self.settings_for(simulator),
                credentials=self.credentials_for(simulator),
            )

    def test_manifest_has_what_people_need(self):
        connector = get_connector(self.code)

        assert connector.logo_svg.startswith("<svg")
        assert all(connector.readme(language).startswith("# ") for language, _ in settings.LANGUAGES)
        assert connector.manifest.docs_url.startswith("https://")

    def test_good_credentials_are_diagnosed_as_working(self, integration):
        found = diagnose(integration)

        assert found.works, found
        assert [check.state for check in found.checks].count(CheckState.FAILED) == 0

    def test_bad_credentials_are_diagnosed_in_words_and_never_kept(self, integration, simulator, caplog):
        Integration.objects.filter(pk=integration.pk).update(credentials=self.bad_credentials)

        found = diagnose(integration)

        assert not found.works
        assert str(found.checks[0].text)
        self._assert_no_secret(self.bad_credentials, caplog)

    def test_bad_credentials_raise_auth_failed(self, integration):
        Integration.objects.filter(pk=integration.pk).update(credentials=self.bad_credentials)

        with open_session(integration.pk) as session, pytest.raises(AuthFailed):
            self.probe(session)
        integration.refresh_from_db()

        assert (integration.health, integration.health_code) == ("misconfigured", "auth")

    def test_users_are_read_to_the_last_page(self, integration):
        assert get_connector(self.code).has_users is self.has_users
        if not self.has_users:
            with pytest.raises(Unsupported):
                load_users(integration)
            return
        assert load_users(integration) == self.user_count
        assert OutsideUser.objects.filter(integration=integration).count() == self.user_count

    def test_second_run_changes_nothing(self, integration):
        if not self.has_users:
            return
        load_users(integration)
        before = list(OutsideUser.objects.values_list("pk", "outside_id", "name", "is_active").order_by("pk"))

        load_users(integration)

        after = list(OutsideUser.objects.values_list("pk", "outside_id", "name", "is_active").order_by("pk"))
        assert after == before

    def test_failed_load_leaves_the_users_alone(self, integration, simulator):
        if not self.has_users:
            return
        load_users(integration)
        simulator.fail("500")

        with pytest.raises(HubError):
            load_users(integration)

        assert OutsideUser.objects.filter(is_active=True).count() == self.user_count

    def test_secrets_are_in_no_exchange_and_no_log(self, integration, simulator, caplog):
        with caplog.at_level(logging.DEBUG):
            diagnose(integration)
            with open_session(integration.pk) as session:
                self.probe(session)
            simulator.fail("500")
            with open_session(integration.pk) as session, pytest.raises(HubError):
                self.probe(session)

        assert Exchange.objects.count() >= 3
        self._assert_no_secret({**integration.credentials, **integration.own_secrets}, caplog)

    def _assert_no_secret(self, secrets: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
        kept = " ".join(str(row) for row in Exchange.objects.values())
        for secret in secrets.values():
            assert str(secret) not in kept
            assert str(secret) not in caplog.text


class CallNotificationsContract(ConnectorContract):
    """For systems that are told of calls."""

    upload_path: ClassVar[str] = "/"
    """Where finished calls are sent, to spoil that and nothing before it."""
    is_empty_answer_success: ClassVar[bool] = False
    """Whether the system acknowledges a notification by the status alone."""

    @pytest.mark.parametrize(("fault", "error"), SPOILED)
    def test_spoiled_answers_become_the_right_error(self, integration, simulator, fault, error):
        simulator.fail_next(fault)
        if fault == "empty" and self.is_empty_answer_success:
            with open_session(integration.pk) as session:
                session.require(CallNotifications).notify_ringing(ringing())
            assert Exchange.objects.get().error == ""
            return

        with open_session(integration.pk) as session, pytest.raises(error) as raised:
            session.require(CallNotifications).notify_ringing(ringing())

        assert str(raised.value)
        assert Exchange.objects.exclude(error="").count() == 1

    def test_retry_after_is_kept(self, integration, simulator):
        simulator.fail_next("429", retry_after="7")

        with open_session(integration.pk) as session, pytest.raises(RateLimited) as raised:
            session.require(CallNotifications).notify_ringing(ringing())

        assert raised.value.retry_after == 7

    def test_silent_peer_costs_no_more_than_the_budget(self, integration, simulator):
        simulator.fail_next("hang")

        with open_session(integration.pk, seconds=0.5) as session, pytest.raises(OutcomeUnknown):
            session.require(CallNotifications).notify_ringing(ringing())

        assert Exchange.objects.get().duration_ms < 2000

    def test_slow_peer_is_waited_for_within_the_budget(self, integration, simulator):
        simulator.fail_next("latency", seconds=0.2)

        with open_session(integration.pk, seconds=5) as session:
            session.require(CallNotifications).notify_ringing(ringing())

        assert Exchange.objects.get().duration_ms >= 200

    def test_upload_that_was_done_but_not_answered_may_be_repeated(self, integration, simulator):
        simulator.fail_next("500", after=True, path=self.upload_path)
        with open_session(integration.pk) as session:
            calls = session.require(CallNotifications)
            with pytest.raises(HubError) as raised:
                calls.upload_call(finished())
        if not calls.may_repeat(CallKind.FINISHED, raised.value):
            return  # this system would double the call, and nobody will repeat it

        with open_session(integration.pk) as session:
            receipt: CallReceipt = session.require(CallNotifications).upload_call(finished())

        assert receipt.duplicate

"""Queued work of this room: it waits when it is asked to, and keeps idle accounts connected."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.actions.connect_account import keep_tokens
from integrations.actions.keep_alive import LANE as TOKENS
from integrations.actions.push_directory import LANE as PUSH
from integrations.connectors.retailcrm.simulator import Simulator
from integrations.http.oauth.answers import Granted
from integrations.lanes.directory import PUSH_SCHEDULE
from integrations.models import Exchange, Integration, OAuthToken
from integrations.tasks import keep_access_alive
from integrations.tests.factories import make_integration
from tenants.models import Work
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import drain, enqueue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crm():
    with Simulator(limits_rate=False).running() as running:
        yield running


def push(row: Integration) -> None:
    with all_tenants():
        Integration.objects.filter(pk=row.pk).update(is_registered=True, directory_wanted=1)
        enqueue(PUSH, [(row.pk, row.tenant_id, str(row.tenant_id), None)], again=True)


def test_a_push_waits_as_long_as_it_was_asked_to_however_often(crm):
    row = make_integration(make_tenant(), crm.url)
    crm.fail("429", retry_after="600")
    push(row)

    for turn in range(len(PUSH_SCHEDULE) + 3):
        later = timezone.now() + timedelta(hours=turn)
        drain(PUSH, later)

    work = Work.objects.get(lane=PUSH)
    assert work.attempts == 0
    assert 500 < (work.due - later).total_seconds() <= 601


def test_a_push_after_an_error_keeps_both_our_schedule_and_their_wish(crm):
    row = make_integration(make_tenant(), crm.url)
    crm.fail("503", retry_after="90")
    push(row)

    drain(PUSH)

    work = Work.objects.get(lane=PUSH)
    assert work.attempts == 1
    assert 80 < (work.due - timezone.now()).total_seconds() <= 90


class TestIdleAccounts:
    @pytest.fixture
    def ledger_row(self, integration, server):
        server.access.add("old-access")
        server.refresh.add("old-refresh")
        keep_tokens(integration, Granted("old-access", "old-refresh", None, None, {}), {})
        with all_tenants():
            OAuthToken.objects.update(renewed_at=timezone.now() - timedelta(days=8))
        return integration

    def test_renewed_once_a_week(self, ledger_row, server):
        assert keep_access_alive() == 1
        drain(TOKENS)
        assert keep_access_alive() == 0

        assert len(server.refreshes) == 1
        with all_tenants():
            assert OAuthToken.objects.get().version == 2
            assert list(Exchange.objects.values_list("operation", "status")) == [("token", 200)]

    @pytest.mark.parametrize(
        "change", ["switched off", "refused before", "cannot be renewed", "renewed lately"]
    )
    def test_left_alone(self, ledger_row, server, change):
        with all_tenants():
            if change == "switched off":
                Integration.objects.update(is_enabled=False)
            elif change == "refused before":
                OAuthToken.objects.update(refusal="invalid_grant")
            elif change == "cannot be renewed":
                OAuthToken.objects.update(can_refresh=False)
            else:
                OAuthToken.objects.update(renewed_at=timezone.now() - timedelta(days=6))

        assert keep_access_alive() == 0

    def test_refusal_shows_in_its_health(self, ledger_row, server):
        server.revoke()
        keep_access_alive()
        drain(TOKENS)

        with all_tenants():
            ledger_row.refresh_from_db()
        assert (ledger_row.health, ledger_row.health_code) == ("misconfigured", "auth")
        assert not Work.objects.filter(lane=TOKENS).exists()

    def test_trouble_is_tried_again_later(self, ledger_row, server):
        server.fail("503")
        keep_access_alive()
        drain(TOKENS)

        assert Work.objects.get(lane=TOKENS).attempts == 1

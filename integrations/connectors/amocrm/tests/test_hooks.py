"""What amoCRM tells us of changes, from the subscription to the record that is read again."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import receivers
from integrations.actions.hook_source import hook_url
from integrations.actions.subscribe_hooks import subscribe_hooks, unsubscribe_hooks
from integrations.connectors import get as get_connector
from integrations.connectors.amocrm.webhooks import CERTAIN, WANTED
from integrations.hooks import Changed, Removed, WebhookRegistration
from integrations.models import Exchange
from integrations.records import RecordKind
from integrations.sessions import open_session
from tenants.errors import ConfigError
from tenants.work import drain
from webhooks.models import Handling
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable
from webhooks.tests.factories import make_inbound

FIXTURES = Path(__file__).parent.parent / "fixtures"
FORM = {"content-type": "application/x-www-form-urlencoded"}
HOOKS = get_connector("amocrm").hooks


def fixture(name):
    return json.loads((FIXTURES / f"{name}.json").read_text())


def parse(form, url="https://demo.amocrm.ru"):
    return HOOKS.parse(Arrival(FORM, "", urlencode(form).encode()), {"url": url})


def test_changed_stage_is_a_changed_deal():
    assert parse(fixture("hook__lead_status")) == (Changed(RecordKind.DEAL, "101"),)


def test_several_objects_are_told_apart_and_named_once():
    assert parse(fixture("hook__several")) == (
        Changed(RecordKind.CONTACT, "4040"),
        Changed(RecordKind.COMPANY, "77"),
        Removed(RecordKind.DEAL, "103"),
        Changed(RecordKind.DEAL, "101"),
    )


def test_another_account_is_none_of_our_business():
    form = fixture("hook__lead_status")

    assert parse(form, "https://other.amocrm.ru") == ()
    assert parse(form, "https://demo.kommo.com") == (Changed(RecordKind.DEAL, "101"),)
    assert parse(form | {"leads[status][0][id]": "../7"}) == ()


def test_what_is_no_form_is_not_readable():
    with pytest.raises(NotReadable):
        HOOKS.parse(Arrival({"content-type": "application/json"}, "", b"[1]"), {})


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=30), max_size=8))
def test_any_form_is_parsed_to_ids_of_digits(form):
    for happening in parse(form, "https://example.com"):
        assert happening.outside_id.isdigit()


@pytest.mark.django_db(transaction=True)
class TestSubscription:
    def test_subscribed_once_and_noticed_when_switched_off(self, simulator, integration):
        url = hook_url(integration)
        subscribe_hooks(integration)
        subscribe_hooks(integration)

        [hook] = simulator.account.webhooks
        assert hook.destination == url
        assert integration.source.secret in url
        assert hook.settings == list(WANTED)
        hook.is_disabled = True
        with open_session(integration.pk) as session:
            assert not session.require(WebhookRegistration).is_subscribed(url)
            session.require(WebhookRegistration).subscribe(url, integration.source.secret)
            assert session.require(WebhookRegistration).is_subscribed(url)

        unsubscribe_hooks(integration)
        unsubscribe_hooks(integration)

        assert simulator.account.webhooks == []

    def test_other_subscriptions_stay(self, simulator, integration):
        with open_session(integration.pk) as session:
            session.require(WebhookRegistration).subscribe("https://other.example.com/hook", "x" * 20)
            unsubscribe_hooks(integration)

        assert [one.destination for one in simulator.account.webhooks] == [
            "https://other.example.com/hook?token=" + "x" * 20
        ]

    def test_account_that_knows_fewer_names_gets_the_certain_ones(self, simulator, integration):
        simulator.webhooks.known_settings = frozenset(CERTAIN)

        subscribe_hooks(integration)

        assert simulator.account.webhooks[0].settings == list(CERTAIN)

    def test_secret_of_the_address_is_kept_in_no_exchange(self, simulator, integration):
        subscribe_hooks(integration)
        with open_session(integration.pk) as session:
            session.require(WebhookRegistration).is_subscribed(hook_url(integration))

        assert Exchange.objects.count() == 3
        assert integration.source.secret not in str(list(Exchange.objects.values()))

    def test_missing_right_is_said(self, simulator, integration):
        simulator.fail("status", status=403, path="/api/v4/webhooks")

        with pytest.raises(ConfigError):
            subscribe_hooks(integration)

        assert simulator.account.webhooks == []


@pytest.mark.django_db(transaction=True)
class TestStory:
    """From the form to whoever keeps records; here a list keeps them."""

    @pytest.fixture
    def kept(self, monkeypatch):
        found = []
        monkeypatch.setattr(receivers, "_records", {})
        monkeypatch.setattr(receivers, "_removals", {})

        def keep(hook, records):
            found.extend(records)
            return "kept"

        def mark(hook, kind, outside_id):
            found.append(outside_id)
            return "marked"

        receivers.register_records(list(RecordKind), keep)
        receivers.register_removals(list(RecordKind), mark)
        return found

    def test_object_is_read_again_and_what_the_form_says_of_it_is_not_believed(
        self, simulator, integration, kept
    ):
        row = simulator.account.add("contacts", name="Ann")
        lie = simulator.webhooks.form("contacts", "update", row | {"name": "Somebody else"})

        inbound = self._receive(integration, lie)

        assert inbound.handling == Handling.DONE
        assert [(one.outside_id, one.name) for one in kept] == [(str(row["id"]), "Ann")]

    def test_what_is_gone_is_marked_whether_they_say_so_or_it_cannot_be_read(
        self, simulator, integration, kept
    ):
        row = simulator.account.add("leads", name="Deal")
        simulator.account.delete("leads", row["id"])

        for action in ("update", "delete"):
            inbound = self._receive(integration, simulator.webhooks.form("leads", action, row))
            assert inbound.handling == Handling.DONE

        assert kept == [str(row["id"])] * 2

    def _receive(self, integration, form):
        inbound = make_inbound(integration.source, urlencode(form).encode(), headers=FORM)
        drain("webhooks.inbound")
        drain("integrations.receive")
        inbound.refresh_from_db()
        return inbound


def test_simulator_sends_what_the_connector_reads(simulator):
    row = simulator.account.add("companies", name="Firm")

    assert parse(simulator.webhooks.form("companies", "delete", row)) == (
        Removed(RecordKind.COMPANY, str(row["id"])),
    )

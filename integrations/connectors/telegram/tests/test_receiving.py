"""Messages in, over the wire: Telegram calls the hub's address or is asked; each is stored and told once."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from integrations.actions.hook_source import hook_url, set_hook_secret
from integrations.actions.poll_updates import LANE as POLL
from integrations.actions.poll_updates import queue_polls
from integrations.actions.queue_message import Draft, queue_message
from integrations.actions.test_connection import diagnose
from integrations.capabilities import Button, CheckState, Messaging
from integrations.connectors.telegram.tests.conftest import ANN, GROUP, handled, send
from integrations.hooks import WebhookRegistration
from integrations.models import Conversation, Exchange, Integration, Message, PollPosition
from integrations.sessions import open_session
from tenants.errors import ConfigError, RemoteRejected
from tenants.models import Event, Work
from tenants.work import drain
from webhooks.models import Inbound

pytestmark = pytest.mark.django_db(transaction=True)
LANE = "integrations.acknowledge"


def subscribe(integration):
    with open_session(integration.pk) as session:
        session.require(WebhookRegistration).subscribe(hook_url(integration), integration.source.secret)


def everything_came(simulator):
    return simulator.wait_until(lambda: not simulator.world.updates)


def post(url, body, secret):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
    connection.request("POST", parts.path, json.dumps(body), headers)
    return connection.getresponse().status


def update(number, text="Hello"):
    chat = {"id": ANN, "type": "private", "first_name": "Ann"}
    message = {"message_id": number, "date": 1790000000 + number, "chat": chat, "from": chat, "text": text}
    return {"update_id": 900 + number, "message": message}


def test_what_a_person_writes_is_stored_and_told_once(simulator, door, integration):
    subscribe(integration)
    simulator.people.write(ANN, "When will my order come?")
    simulator.people.write(GROUP, "/help@hub_example_bot")
    assert everything_came(simulator)

    handled()

    person, group = Conversation.objects.order_by("is_group")
    assert (person.title, person.preview, person.is_waiting) == (
        "Анна Орлова",
        "When will my order come?",
        True,
    )
    assert (group.title, group.is_group) == ("Support", True)
    first = Event.objects.filter(type="message.received").order_by("id").first()
    assert first.data["conversation_id"] == str(person.pk)
    assert (first.data["text"], first.data["sender"]) == ("When will my order come?", "Анна Орлова")
    assert Event.objects.filter(type="message.received").count() == 2
    assert {row.correlation_id for row in Message.objects.all()} == set(Inbound.objects.values_list("correlation_id", flat=True))  # fmt: skip


def test_repeated_update_and_replay_change_nothing(door, integration):
    secret, url = integration.source.secret, hook_url(integration)

    assert [post(url, update(1), secret) for _ in range(2)] == [200, 200]
    handled()
    from webhooks.actions.replay_inbound import replay_one

    replay_one(Inbound.objects.get())
    handled()

    assert Message.objects.count() == 1
    assert Event.objects.filter(type="message.received").count() == 1


@pytest.mark.parametrize("path", ["/api/v1/messaging/webhook/telegram", "/api/v1/messaging/webhook/telegram/{id}"])  # fmt: skip
def test_path_of_messengers_leads_to_the_same_source(door, integration, path):
    url = door.url + path.format(id=integration.source.public_id)

    assert post(url, update(1), integration.source.secret) == 200
    handled()

    assert Message.objects.get().text == "Hello"


def test_wrong_or_missing_secret_leaves_nothing(door, integration):
    for url in (hook_url(integration), f"{door.url}/api/v1/messaging/webhook/telegram"):
        assert post(url, update(1), "wrong-secret-of-somebody") in (401, 404)
        assert post(url, update(1), "") in (401, 404)

    assert not Inbound.objects.exists()


def test_two_sources_of_one_secret_are_told_apart_by_nobody(door, connect, integration):
    from integrations.actions.save_integration import create_integration

    other = create_integration(
        integration.tenant, "telegram", "Other", settings=integration.settings, credentials=integration.credentials
    )  # fmt: skip
    for row in (integration, other):
        set_hook_secret(row, "the-same-secret-twice-0123")

    url = f"{door.url}/api/v1/messaging/webhook/telegram"
    assert post(url, update(1), "the-same-secret-twice-0123") == 404
    assert not Inbound.objects.exists()


def test_pressed_button_is_told_with_its_action_and_acknowledged(simulator, door, integration):
    subscribe(integration)
    simulator.people.write(ANN, "Hi")
    assert everything_came(simulator)
    handled()
    draft = Draft(text="Choose", buttons=((Button("Yes", action="a:1"), Button("No", action="a:0")),))
    queue_message(Conversation.objects.get(), draft)
    send()
    [asked] = simulator.heard(ANN)

    simulator.people.press(ANN, asked.id, "a:1")
    assert everything_came(simulator)
    handled()
    drain(LANE)

    event = Event.objects.filter(type="message.received").order_by("-id").first()
    assert (event.data["action"], event.data["text"]) == ("a:1", "Yes")
    assert len(simulator.world.answered) == 1


def test_acknowledgement_that_comes_too_late_is_no_failure(simulator, door, integration):
    press = {"id": "no-such-query", "from": {"id": ANN, "first_name": "Ann"}, "data": "a:1", "message": update(1)["message"]}  # fmt: skip
    post(hook_url(integration), {"update_id": 7, "callback_query": press}, integration.source.secret)
    handled()

    drain(LANE)

    assert Work.objects.filter(lane=LANE).count() == 0
    assert Message.objects.get().action == "a:1"


def test_edit_changes_the_text_and_an_older_edit_does_not(simulator, door, integration):
    secret, url = integration.source.secret, hook_url(integration)
    post(url, update(1, "first"), secret)
    for number, (date, text) in enumerate([(60, "third"), (30, "second")]):
        edited = {**update(1, text)["message"], "edit_date": 1790000001 + date}
        post(url, {"update_id": 50 + number, "edited_message": edited}, secret)

    handled()

    assert Message.objects.get().text == "third"
    assert Event.objects.filter(type="message.received").count() == 1


def test_blocking_and_coming_back(simulator, door, integration):
    subscribe(integration)
    simulator.people.write(ANN, "Hi")
    simulator.people.block(ANN)
    assert everything_came(simulator)
    handled()
    assert (Conversation.objects.get().is_open, Conversation.objects.get().closed_reason != "") == (
        False,
        True,
    )

    simulator.people.write(ANN, "Here again")
    assert everything_came(simulator)
    handled()

    conversation = Conversation.objects.get()
    assert (conversation.is_open, conversation.closed_reason) == (True, "")


def test_group_that_grew_stays_one_conversation(door, integration):
    secret, url = integration.source.secret, hook_url(integration)
    group = {"id": GROUP, "type": "group", "title": "Support"}
    person = {"id": ANN, "first_name": "Ann"}
    head = {"message_id": 1, "date": 1790000000, "from": person}
    post(url, {"update_id": 1, "message": {**head, "chat": group, "text": "before"}}, secret)
    post(url, {"update_id": 2, "message": {**head, "message_id": 2, "chat": group, "migrate_to_chat_id": -100777}}, secret)  # fmt: skip
    grown = {"id": -100777, "type": "supergroup", "title": "Support"}
    post(url, {"update_id": 3, "message": {**head, "chat": grown, "text": "after"}}, secret)

    handled()

    assert Conversation.objects.get().outside_id == "-100777"
    assert list(Message.objects.order_by("id").values_list("outside_id", "text")) == [(f"{GROUP}/1", "before"), ("1", "after")]  # fmt: skip


def test_shared_phone_is_kept_with_the_conversation(simulator, door, integration):
    subscribe(integration)
    simulator.people.share_phone(ANN)
    simulator.people.write(ANN, "and later something else")
    assert everything_came(simulator)

    handled()

    assert Conversation.objects.get().phone == "+375291234501"


def test_hub_that_was_away_gets_everything_afterwards(simulator, door, integration):
    subscribe(integration)
    door.fail_next("503", times=2)
    for number in range(3):
        simulator.people.write(ANN, f"no. {number}")
    assert everything_came(simulator)

    handled()

    assert list(Message.objects.order_by("id").values_list("text", flat=True)) == ["no. 0", "no. 1", "no. 2"]


def test_diagnosis_says_in_words_what_telegram_could_not_deliver(simulator, door, integration):
    before = diagnose(integration)
    subscribe(integration)
    door.fail("500")
    simulator.people.write(ANN, "lost?")
    simulator.wait_until(lambda: simulator.delivery.last_error is not None)

    after = diagnose(integration)

    assert [check.state for check in before.checks] == [
        CheckState.PASSED,
        CheckState.PASSED,
        CheckState.WARNING,
    ]
    assert (after.works, after.checks[2].state) == (True, CheckState.WARNING)
    assert "500" in str(after.checks[2].text)


def test_file_that_came_in_can_be_read(simulator, integration):
    simulator.world.files["abc"] = b"\xff\xd8 picture"

    with open_session(integration.pk) as session:
        messenger = session.require(Messaging)
        assert messenger.open_file("abc") == b"\xff\xd8 picture"
        with pytest.raises(RemoteRejected):
            messenger.open_file("unknown")

    assert simulator.token not in str(list(Exchange.objects.values()))


# Asking


@pytest.fixture
def polled(connect, settings):
    settings.EXTERNAL_API_TIMEOUT = 3.0  # no waiting for news
    return connect(updates="polling")


def poll():
    queue_polls()
    return drain(POLL, timezone.now())


def test_hub_that_cannot_be_called_asks(simulator, polled):
    simulator.people.write(ANN, "one")
    simulator.people.write(ANN, "two")

    poll()
    handled()

    assert list(Message.objects.order_by("id").values_list("text", flat=True)) == ["one", "two"]
    assert Inbound.objects.count() == 2
    assert PollPosition.objects.get().position == str(simulator.world.updates[-1]["update_id"] + 1)


def test_lost_position_costs_a_repetition_that_is_recognised(simulator, polled):
    simulator.people.write(ANN, "one")
    poll()
    PollPosition.objects.update(position="")
    Work.objects.filter(lane=POLL).delete()

    poll()
    handled()

    assert (Inbound.objects.count(), Message.objects.count()) == (1, 1)


def test_what_was_stored_is_taken_from_telegram_by_the_next_question(simulator, polled):
    simulator.people.write(ANN, "one")
    poll()
    Work.objects.filter(lane=POLL).delete()

    poll()

    assert simulator.world.updates == []


def test_one_row_one_poller_and_empty_answers_leave_no_exchange(simulator, polled):
    assert [queue_polls(), queue_polls()] == [1, 1]
    assert Work.objects.filter(lane=POLL).count() == 1

    drain(POLL, timezone.now())

    assert not Exchange.objects.exists()
    assert Work.objects.filter(lane=POLL).count() == 1


def test_old_address_of_ours_is_taken_back(simulator, door, polled):
    simulator.delivery.set_webhook(f"{door.url}/webhook/telegram/x", "s", None)
    simulator.delivery.url = f"{door.url}/webhook/telegram/x"

    poll()

    assert simulator.delivery.url == ""


def test_address_of_somebody_else_is_left_and_said(simulator, polled):
    simulator.delivery.url = "https://other.example.com/hook"

    poll()

    polled.refresh_from_db()
    assert simulator.delivery.url == "https://other.example.com/hook"
    assert (polled.health, "other.example.com" in polled.health_reason) == ("misconfigured", True)
    [work] = Work.objects.filter(lane=POLL)
    assert work.due > timezone.now()


def test_only_those_that_want_it_are_asked(integration):
    assert queue_polls() == 0
    Integration.objects.update(settings={**integration.settings, "updates": "polling"}, is_enabled=False)
    assert queue_polls() == 0


def test_asked_bot_takes_no_address(simulator, polled):
    with open_session(polled.pk) as session, pytest.raises(ConfigError):
        session.require(WebhookRegistration).subscribe("https://hub.example.com/x", "secret")

    assert simulator.delivery.url == ""

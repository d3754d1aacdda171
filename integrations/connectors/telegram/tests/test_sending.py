"""Messages out: queued with their cause, sent part by part, each once, in their order; every refusal in words."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from integrations.actions.queue_message import Draft, conversation_with, queue_message
from integrations.actions.retry_messages import retry_messages
from integrations.capabilities import Button
from integrations.connectors.telegram.tests.conftest import ANN, CLARA, GROUP, rested, send
from integrations.models import Conversation, Exchange, Message
from integrations.records import Attachment, AttachmentKind
from tenants.models import Event, Work

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "слово " * 1200  # 7200 characters: two parts


def events(name):
    return list(Event.objects.filter(type=name).order_by("id"))


def test_message_arrives_once_with_its_event(simulator, say):
    row = say("Hello <Ann> & *all*", is_marked=True)

    send()
    send(60)

    [said] = simulator.heard(ANN)
    row.refresh_from_db()
    assert (said.text, said.entities) == ("Hello <Ann> & all", [{"type": "bold", "offset": 14, "length": 3}])
    assert (row.state, row.outside_id, row.attempts, row.error) == ("sent", str(said.id), 1, "")
    [event] = events("message.sent")
    assert event.data["id"] == str(row.pk)
    assert event.data["text"] == "Hello <Ann> & *all*"
    assert Work.objects.filter(lane="integrations.messages").count() == 0


def test_rollback_sends_nothing(simulator, integration):
    with transaction.atomic():
        queue_message(conversation_with(integration, str(ANN)), Draft(text="Never"))
        transaction.set_rollback(True)

    assert send() == 0
    assert simulator.requests == []


def test_same_key_is_the_same_message(simulator, integration):
    conversation = conversation_with(integration, str(ANN))

    first = queue_message(conversation, Draft(text="Once"), key="order-1")
    second = queue_message(conversation, Draft(text="Once"), key="order-1")
    send()

    assert first.pk == second.pk
    assert len(simulator.heard(ANN)) == 1


def test_long_text_goes_in_parts_a_second_apart(simulator, say):
    row = say(LONG, buttons=((Button("Yes", action="yes"),),), reply_to_id="7")

    send()
    row.refresh_from_db()
    assert (row.state, len(row.sent_ids), len(simulator.heard(ANN))) == ("queued", 1, 1)
    [work] = Work.objects.filter(lane="integrations.messages")
    assert timedelta(0) < work.due - timezone.now() <= timedelta(seconds=1)
    rested()
    send(2)

    row.refresh_from_db()
    first, second = simulator.heard(ANN)
    assert (row.state, row.sent_ids) == ("sent", [str(first.id), str(second.id)])
    assert f"{first.text} {second.text}" == LONG.strip()
    assert (first.reply_to, second.reply_to) == (7, None)
    assert (first.buttons, len(second.buttons)) == ([], 1)


@pytest.mark.usefixtures("_unhurried")
def test_messages_of_a_conversation_keep_their_order_through_trouble(simulator, say):
    simulator.fail_next("503")
    for number in range(4):
        say(f"no. {number}")
    other = say("to Clara", chat=CLARA)

    send()
    other.refresh_from_db()
    assert simulator.heard(ANN) == []
    assert other.state == "sent"
    for later in (5, 10, 15, 20, 25):
        send(later)

    assert [said.text for said in simulator.heard(ANN)] == [f"no. {number}" for number in range(4)]


@pytest.mark.usefixtures("_unhurried")
def test_given_up_message_lets_the_next_one_go(simulator, say):
    simulator.fail_next("status", status=400)
    failed, after = say("refused"), say("after")

    send()
    send(1)

    failed.refresh_from_db()
    after.refresh_from_db()
    assert (failed.state, after.state) == ("failed", "sent")
    assert failed.error
    [event] = events("message.failed")
    assert event.data["reason"] == failed.error


def test_retry_after_is_kept_and_is_no_attempt(simulator, say):
    simulator.fail_next("429", retry_after="7")
    row = say("Hello")

    send()

    row.refresh_from_db()
    [work] = Work.objects.filter(lane="integrations.messages")
    assert (row.state, row.attempts, row.error_code) == ("queued", 0, "rate_limited")
    assert timedelta(seconds=5) < work.due - timezone.now() <= timedelta(seconds=7)


def test_telegrams_own_limit_is_not_reached(tenant, connect):
    from integrations.connectors.telegram.simulator import Simulator

    with Simulator().running() as strict:
        row = connect(url=strict.url)
        conversation = conversation_with(row, str(ANN))
        for number in range(3):
            queue_message(conversation, Draft(text=str(number)))

        send()
        send(0.5)

        assert [one.status for one in strict.requests] == [200]
        assert len(strict.heard(ANN)) == 1


def test_whoever_blocked_the_bot_is_known_to(simulator, say):
    simulator.people.block(ANN)
    row = say("Hello")

    send()

    row.refresh_from_db()
    assert (row.state, row.error_code, row.error) == (
        "failed",
        "unreachable",
        "This person has blocked the bot.",
    )
    assert not Conversation.objects.get().is_open
    assert len(simulator.requests) == 1


def test_what_may_have_arrived_is_not_repeated_by_itself(simulator, say):
    simulator.fail_next("reset", after=True)
    row = say("Hello")

    send()
    send(10_000)
    row.refresh_from_db()
    assert (row.state, row.error_code, row.under_way) == ("failed", "outcome_unknown", 0)
    assert "look there" in row.error
    assert len(simulator.heard(ANN)) == 1

    assert retry_messages([row.pk]) == 1
    send()

    row.refresh_from_db()
    assert (row.state, len(simulator.heard(ANN))) == ("sent", 2)


@pytest.mark.usefixtures("_unhurried")
def test_retry_goes_on_at_the_part_that_is_in_doubt(simulator, say):
    row = say(LONG)
    send()
    simulator.fail_next("hang", seconds=0.1)
    send(1)
    row.refresh_from_db()
    assert (row.state, len(row.sent_ids), row.under_way) == ("failed", 1, 1)

    retry_messages([row.pk])
    send()

    row.refresh_from_db()
    assert (row.state, len(row.sent_ids), len(simulator.heard(ANN))) == ("sent", 2, 2)


@pytest.mark.usefixtures("_unhurried")
def test_where_it_is_chosen_the_part_in_doubt_is_repeated(simulator, connect):
    conversation = conversation_with(connect(repeat_unknown=True), str(ANN))
    simulator.fail_next("reset")
    row = queue_message(conversation, Draft(text="Hello"))

    send()
    send(5)

    row.refresh_from_db()
    assert (row.state, row.attempts, len(simulator.heard(ANN))) == ("sent", 2, 1)


def test_worker_that_died_while_sending_leaves_a_part_in_doubt(simulator, say):
    row = say("Hello")
    Message.objects.update(under_way=0)

    send()

    row.refresh_from_db()
    assert (row.state, row.error_code) == ("failed", "outcome_unknown")
    assert simulator.requests == []


def test_group_that_grew_is_written_to_under_its_new_id(simulator, say):
    simulator.people.grow(GROUP, -1001234567890)
    row = say("Hello", chat=GROUP)

    send()

    row.refresh_from_db()
    assert row.state == "sent"
    assert Conversation.objects.get().outside_id == "-1001234567890"
    assert [said.text for said in simulator.heard(-1001234567890)] == ["Hello"]


def test_new_id_that_is_known_already_is_no_stumbling_block(simulator, integration, say):
    simulator.people.grow(GROUP, -1001234567890)
    conversation_with(integration, "-1001234567890")
    row = say("Hello", chat=GROUP)

    send()

    row.refresh_from_db()
    assert (row.state, row.outside_id, len(row.sent_ids)) == ("sent", "", 1)


def test_marks_that_telegram_cannot_read_go_as_plain_text(simulator, say):
    original = simulator.respond

    def respond(request):
        if b"parse_mode" in request.body:
            from tenants.simulation import Reply

            why = "Bad Request: can't parse entities: Unsupported start tag"
            return Reply.json({"ok": False, "error_code": 400, "description": why}, 400)
        return original(request)

    simulator.respond = respond
    row = say("*Hello*", is_marked=True)

    send()

    row.refresh_from_db()
    assert (row.state, [said.text for said in simulator.heard(ANN)]) == ("sent", ["Hello"])


@pytest.mark.usefixtures("_unhurried")
def test_files_carry_the_text_where_it_fits_and_follow_it_where_not(simulator, say):
    files = (
        Attachment(type=AttachmentKind.IMAGE, url="https://example.com/a.jpg"),
        Attachment(type=AttachmentKind.FILE, file_id="known"),
    )
    say("Short", attachments=files)
    say("y" * 1025, attachments=files[:1])

    for later in range(6):
        send(later)

    assert [(said.media, said.text[:5]) for said in simulator.heard(ANN)] == [
        ("photo", "Short"),
        ("document", ""),
        ("", "yyyyy"),
        ("photo", ""),
    ]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(text="  "), "text"),
        (Draft(text="x" * 40_001), "text"),
        (Draft(text="x", buttons=((Button("Yes", action="я" * 33),),)), "buttons"),
        (Draft(text="x", buttons=((Button("", action="a"),),)), "buttons"),
        (Draft(text="x", buttons=((Button("Yes"),),)), "buttons"),
        (Draft(text="x", buttons=((Button("Yes", url="javascript:alert(1)"),),)), "buttons"),
        (Draft(text="x", buttons=((),)), "buttons"),
        (Draft(text="x", buttons=tuple((Button("Yes", action="a"),) for _ in range(101))), "buttons"),
        (Draft(attachments=(Attachment(type=AttachmentKind.IMAGE, url="file:///etc/passwd"),)), "attachments"),
        (Draft(attachments=(Attachment(type=AttachmentKind.CONTACT, file_id="x"),)), "attachments"),
    ],
)  # fmt: skip
def test_what_can_never_be_sent_is_refused_by_field_and_leaves_nothing(integration, draft, field):
    conversation = conversation_with(integration, str(ANN))

    with pytest.raises(ValidationError) as raised:
        queue_message(conversation, draft)

    assert list(raised.value.message_dict) == [field]
    assert not Message.objects.exists()
    assert not Work.objects.filter(lane="integrations.messages").exists()


def test_paused_integration_keeps_its_messages(simulator, integration, say):
    from integrations.actions.save_integration import update_integration

    update_integration(integration, is_enabled=False)
    row = say("Hello")

    send()
    row.refresh_from_db()
    assert row.state == "queued"
    assert "switched off" in row.error
    update_integration(integration, is_enabled=True)
    send(120)

    row.refresh_from_db()
    assert (row.state, row.error) == ("sent", "")


def test_after_a_day_it_is_given_up(simulator, say):
    row = say("Hello")
    Message.objects.update(queued_at=timezone.now() - timedelta(hours=25))

    send()

    row.refresh_from_db()
    assert row.state == "failed"
    assert simulator.requests == []


def test_token_is_in_no_exchange(simulator, say):
    simulator.fail_next("429")
    say("Hello")

    send()

    kept = str(list(Exchange.objects.values()))
    assert "sendMessage" in kept
    assert simulator.token not in kept
    assert simulator.token.partition(":")[2] not in kept

"""Telegram's updates as records, by their fixtures; and whatever else somebody might send."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.telegram.hooks import TelegramHooks
from integrations.hooks import Told
from integrations.records import Attachment, AttachmentKind, Conversation, Message
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

FIXTURES = Path(__file__).parent.parent / "fixtures"


def records(body: bytes):
    return [one.record for one in TelegramHooks().parse(Arrival({}, "", body), {}) if isinstance(one, Told)]


def of(name: str):
    return records((FIXTURES / f"{name}.json").read_bytes())


def test_text_of_a_person():
    conversation, message = of("message__text")

    assert conversation == Conversation(
        outside_id="5001",
        channel="telegram",
        title="Ann Example",
        url="https://t.me/ann_example",
        custom={"username": "ann_example"},
    )
    assert message == Message(
        outside_id="11",
        conversation_id="5001",
        channel="telegram",
        sender_id="5001",
        sender="Ann Example",
        text="/start",
        sent_at=datetime.fromtimestamp(1790000000, UTC),
    )


def test_picture_in_a_group_is_the_largest_and_knows_what_it_answers():
    conversation, message = of("message__photo_in_group")

    assert (conversation.outside_id, conversation.title, conversation.is_group) == ("-1001234567890", "Support", True)  # fmt: skip
    assert message.attachments == (Attachment(type=AttachmentKind.IMAGE, file_id="large", size=98000),)
    assert (message.text, message.reply_to_id, message.sender) == ("Broken", "10", "Ann")


def test_phone_is_of_the_conversation_only_where_it_is_the_sender_s_own():
    assert of("message__own_contact")[0].phone == "+375291234501"
    forwarded, message = of("message__forwarded_contact")
    assert forwarded.phone == ""
    assert message.attachments[0].name == "Clara +375291234502"


def test_edit_says_when():
    _conversation, message = of("edited_message__text")

    assert (message.outside_id, message.text) == ("11", "Corrected")
    assert message.edited_at == datetime.fromtimestamp(1790000060, UTC)


def test_pressed_button_is_a_message_with_its_action_and_title():
    _conversation, message = of("callback__pressed")

    assert (message.outside_id, message.press_id) == ("press:443", "443")
    assert (message.action, message.text, message.reply_to_id) == ("a:1", "Yes", "42")


def test_press_without_a_conversation_is_of_no_use():
    assert of("callback__inline_without_chat") == []


def test_whoever_blocks_the_bot_cannot_be_written_to():
    [conversation] = of("my_chat_member__blocked")

    assert not conversation.is_open
    assert "blocked" in conversation.closed_reason


def test_group_that_grew_has_another_id_and_no_message():
    [conversation] = of("message__group_grew")

    assert (conversation.outside_id, conversation.former_id) == ("-1001234567890", "-4001")


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"update_id": "1"}', b'{"update_id": 1, "message": 5}',
     b'{"update_id": 1, "message": {"chat": {"id": true}}}', b'{"update_id": 1, "message": {"chat": {}}}',
     b'{"update_id": 1, "message": {"chat": {"id": 5}, "message_id": null}}',
     b'{"update_id": 1, "my_chat_member": {"chat": {"id": 5}}}', b"<html>"],
)  # fmt: skip
def test_what_telegram_does_not_send_is_not_readable(body):
    with pytest.raises(NotReadable):
        records(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["from", "chat", "date", "text", "caption", "photo", "document", "contact", "location", "reply_to_message", "migrate_from_chat_id", "edit_date", "sticker", "reply_markup", "poll"]  # fmt: skip


@given(st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member"]), st.dictionaries(st.sampled_from(NAMES), JSON))  # fmt: skip
def test_odd_members_are_refused_or_left_out_and_break_nothing(kind, odd):
    inner = {"id": "9", "message_id": 3, "chat": {"id": 5}, "message": {"message_id": 3, "chat": {"id": 5}}, "data": "x"}  # fmt: skip
    body = json.dumps({"update_id": 1, kind: {**inner, **odd}}).encode()

    try:
        found = records(body)
    except NotReadable:
        return

    for one in found:
        assert isinstance(one.outside_id, str)

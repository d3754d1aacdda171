"""Files on their way out: uploaded once, shown as albums, and not kept any longer than until the messenger has them."""

import pytest
from django.core.exceptions import ValidationError

from integrations.actions import queue_message as queueing
from integrations.actions.queue_message import NewFile, conversation_with, queue_message
from integrations.actions.retry_messages import retry_messages
from integrations.capabilities import Button
from integrations.connectors.telegram.tests.conftest import ANN, GROUP, rested, send
from integrations.models import Conversation, Exchange, Message, MessageFile
from integrations.records import Attachment, AttachmentKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unhurried")]

PICTURE = b"\x89PNG\r\n\x1a\n\x00--boundary\r\n\xff" * 40


def file(name="a.png", media_type="image/png", content=PICTURE, **more):
    return NewFile(name=name, content=content, media_type=media_type, **more)


def photo(number):
    return Attachment(type=AttachmentKind.IMAGE, url=f"https://example.com/{number}.jpg")


def settle(times=6):
    for later in range(times):
        rested()
        send(later * 5)


def test_a_file_is_uploaded_and_forgotten_here_and_named_by_its_new_id(simulator, say):
    row = say("Look: *this*", is_marked=True, files=(file(),))
    assert MessageFile.objects.count() == 1

    send()

    [said] = simulator.heard(ANN)
    row.refresh_from_db()
    assert (row.state, said.media, said.text) == ("sent", "photo", "Look: this")
    assert said.entities == [{"type": "bold", "offset": 6, "length": 4}]
    assert simulator.world.files[said.file] == PICTURE
    assert row.attachments == [
        {
            "type": "image",
            "file_id": said.file,
            "name": "a.png",
            "media_type": "image/png",
            "size": len(PICTURE),
        }
    ]
    assert not MessageFile.objects.exists()


def test_an_exchange_keeps_names_and_sizes_of_files_and_no_content(say):
    say("", files=(file(content=b"the-secret-content"),))

    send()

    body = Exchange.objects.get(operation="sendPhoto").request_body
    assert f"photo=a.png, image/png, {len(b'the-secret-content')} bytes" in body
    assert "the-secret-content" not in body


def test_an_album_is_one_call_with_the_caption_at_its_first_file(simulator, say):
    row = say(
        "Three *views*", is_marked=True, attachments=(photo(1), photo(2)), files=(file(),), reply_to_id="7"
    )

    settle()

    said = simulator.heard(ANN)
    row.refresh_from_db()
    assert [one.status for one in simulator.requests] == [200]
    assert [(one.media, one.text) for one in said] == [("photo", "Three views"), ("photo", ""), ("photo", "")]
    assert len({one.album for one in said}) == 1
    assert said[0].entities == [{"type": "bold", "offset": 6, "length": 5}]
    assert {one.reply_to for one in said} == {7}
    assert (row.state, row.sent_ids, row.outside_id) == ("sent", [str(said[0].id)], str(said[0].id))
    assert row.attachments[2]["file_id"] == said[2].file


def test_only_what_telegram_shows_together_goes_together_in_its_order(simulator, say):
    paper = Attachment(type=AttachmentKind.FILE, file_id="paper")
    voice = Attachment(type=AttachmentKind.VOICE, file_id="voice")
    clip = Attachment(type=AttachmentKind.VIDEO, file_id="clip")
    row = say("", attachments=(photo(1), clip, paper, paper, voice, voice, photo(2)))

    settle()

    row.refresh_from_db()
    methods = [one.path.rpartition("/")[2] for one in simulator.requests]
    assert methods == ["sendMediaGroup", "sendMediaGroup", "sendVoice", "sendVoice", "sendPhoto"]
    assert (row.state, len(row.sent_ids), len(simulator.heard(ANN))) == ("sent", 5, 7)


def test_buttons_stand_below_the_text_behind_an_album_and_below_the_last_file_without_one(simulator, say):
    keys = ((Button("Yes", action="yes"),),)
    say("Which?", attachments=(photo(1), photo(2)), buttons=keys)
    say("", attachments=(photo(1), photo(2), photo(3)), buttons=keys)

    settle()

    assert [(one.media, one.text, len(one.buttons)) for one in simulator.heard(ANN)] == [
        ("photo", "", 0), ("photo", "", 0), ("", "Which?", 1),
        ("photo", "", 0), ("photo", "", 0), ("photo", "", 1),
    ]  # fmt: skip


def test_a_long_text_goes_before_an_album(simulator, say):
    say("y" * 1025, attachments=(photo(1), photo(2)))

    settle()

    assert [(one.media, one.text[:3]) for one in simulator.heard(ANN)] == [
        ("", "yyy"),
        ("photo", ""),
        ("photo", ""),
    ]


def test_an_album_rests_the_group_for_each_of_its_files(simulator, integration, monkeypatch):
    monkeypatch.setattr("integrations.connectors.telegram.session.GROUP_SECONDS", 3.0)
    conversation = conversation_with(integration, str(GROUP))
    queue_message(conversation, queueing.Draft(attachments=(photo(1), photo(2), photo(3))))

    send()

    row = Conversation.objects.get(pk=conversation.pk)
    sent_at = Message.objects.get().sent_at
    assert row.free_at
    assert sent_at
    assert 8.0 < (row.free_at - sent_at).total_seconds() < 10.0


def test_a_refused_file_stays_here_so_that_it_can_be_sent_again(simulator, say):
    simulator.fail_next("status", status=400)
    row = say("", files=(file(),))
    send()
    row.refresh_from_db()
    assert (row.state, MessageFile.objects.count()) == ("failed", 1)

    retry_messages([row.pk])
    send()

    row.refresh_from_db()
    assert (row.state, MessageFile.objects.count()) == ("sent", 0)
    assert simulator.world.files[simulator.heard(ANN)[0].file] == PICTURE


def test_a_group_that_grew_gets_the_upload_under_its_new_id(simulator, say):
    simulator.people.grow(GROUP, -1001234567890)
    row = say("", chat=GROUP, files=(file(), file("b.png")))

    send()

    row.refresh_from_db()
    assert (row.state, len(simulator.heard(-1001234567890))) == ("sent", 2)
    assert not MessageFile.objects.exists()


@pytest.mark.parametrize(
    "files",
    [
        (file(content=b""),),
        tuple(file() for _number in range(11)),
        (file(content=b"x" * 60), file(content=b"x" * 60)),
        (file(content=b"x" * 50, kind=AttachmentKind.LOCATION),),
    ],
    ids=["empty", "too many", "too large", "no file at all"],
)
def test_files_that_can_never_go_are_refused_by_field_and_leave_nothing(integration, monkeypatch, files):
    monkeypatch.setattr(queueing, "LARGEST_FILES", 100 if files[0].content.startswith(b"x") else 10**6)
    conversation = conversation_with(integration, str(ANN))

    with pytest.raises(ValidationError) as raised:
        queue_message(conversation, queueing.Draft(text="x", files=files))

    assert list(raised.value.message_dict) == ["attachments"]
    assert not Message.objects.exists()
    assert not MessageFile.objects.exists()


def test_a_picture_that_is_too_large_for_telegram_is_refused_at_once(integration, monkeypatch):
    monkeypatch.setattr("integrations.connectors.telegram.mapping.outgoing.LARGEST_PHOTO", 100)
    conversation = conversation_with(integration, str(ANN))

    with pytest.raises(ValidationError, match="10 MB"):
        queue_message(conversation, queueing.Draft(files=(file(),)))

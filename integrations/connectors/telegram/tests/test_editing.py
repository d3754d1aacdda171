"""Changing what was sent: the text of a message, the caption of a file, part by part; the buttons stay."""

import pytest
from django.core.exceptions import ValidationError

from integrations.actions.edit_message import LANE, edit_message
from integrations.capabilities import Button
from integrations.connectors.telegram.tests.conftest import ANN, rested, send
from integrations.connectors.telegram.tests.test_files import file, photo
from integrations.models import Exchange, Message
from tenants.models import AuditEntry, Work
from tenants.work import drain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_unhurried")]


def sent(say, text="Before", **more):
    row = say(text, **more)
    for later in range(4):
        rested()
        send(later * 5)
    row.refresh_from_db()
    assert row.state == "sent"
    return row


def change(row, text):
    edit_message(row, text)
    drain(LANE)
    row.refresh_from_db()
    return row


def test_the_text_changes_there_and_here_and_the_buttons_stay(simulator, say):
    row = sent(say, "*Before*", is_marked=True, buttons=((Button("Yes", action="yes"),),))

    change(row, "*After* it")

    [said] = simulator.heard(ANN)
    assert (said.text, said.entities) == ("After it", [{"type": "bold", "offset": 0, "length": 5}])
    assert (said.is_edited, len(said.buttons)) == (True, 1)
    assert (row.text, row.new_text, row.state, row.error) == ("*After* it", None, "sent", "")
    assert row.edited_at is not None
    assert AuditEntry.objects.filter(action="message.edited").count() == 1


@pytest.mark.parametrize("album", [False, True], ids=["one file", "album"])
def test_the_caption_of_files_changes(simulator, say, album):
    row = sent(say, attachments=(photo(1),) if album else (), files=(file(),))

    change(row, "After")

    assert [one.text for one in simulator.heard(ANN)] == (["After", ""] if album else ["After"])
    assert row.text == "After"


def test_a_long_text_changes_part_by_part(simulator, say):
    row = sent(say, "word " * 1200)

    change(row, "term " * 1200)

    assert [one.text[:4] for one in simulator.heard(ANN)] == ["term", "term"]


def test_the_same_text_is_as_good_as_changed(simulator, say):
    row = sent(say)

    change(row, "Before")

    assert (row.new_text, row.error) == (None, "")
    assert row.edited_at is not None


def test_trouble_is_tried_again_and_a_refusal_is_told(simulator, say):
    row = sent(say)
    simulator.fail_next("503", times=2)
    change(row, "After")
    assert (row.text, row.new_text) == ("Before", "After")
    [work] = Work.objects.filter(lane=LANE)

    drain(LANE, work.due)
    row.refresh_from_db()
    assert (row.text, row.new_text) == ("After", None)

    simulator.chat(ANN).said.clear()
    change(row, "Once more")
    assert (row.text, row.new_text, row.state) == ("After", None, "sent")
    assert "deleted in Telegram" in row.error
    assert not Work.objects.filter(lane=LANE).exists()


def test_what_was_wanted_last_is_what_stands_there(simulator, say):
    row = sent(say)
    edit_message(row, "First")

    change(row, "Second")

    assert [one.text for one in simulator.heard(ANN)] == ["Second"]
    assert row.text == "Second"


@pytest.mark.parametrize("text", ["", "  ", "x" * 5000, "y" * 40_001])
def test_what_cannot_stand_there_is_refused_by_field(say, text):
    row = sent(say)

    with pytest.raises(ValidationError) as raised:
        edit_message(row, text)

    assert list(raised.value.message_dict) == ["text"]
    assert Message.objects.get().new_text is None


def test_what_did_not_leave_from_here_is_not_changed(say):
    waiting = say("Waits")

    with pytest.raises(ValidationError):
        edit_message(waiting, "After")

    assert not Work.objects.filter(lane=LANE).exists()
    assert not Exchange.objects.exists()

"""What the simulated Bot API takes and refuses: tokens, chats, lengths, marks, buttons, pace."""

import pytest
import requests

from integrations.connectors.telegram.simulator.tests.asking import ANN, GROUP, ask, refusal, result


def test_who_the_bot_is_and_who_may_ask(simulator):
    assert result(simulator, "getMe")["is_bot"] is True
    assert result(simulator, "GETME")["is_bot"] is True
    assert refusal(simulator, "getMe", token="1:" + "x" * 30) == (401, "Unauthorized")
    assert refusal(simulator, "getMe", token="short")[0] == 404
    assert refusal(simulator, "getYou")[0] == 404
    assert requests.get(f"{simulator.url}/nothing", timeout=5).status_code == 404


def test_a_message_is_numbered_within_its_chat_and_told_back(simulator):
    first, second = (result(simulator, "sendMessage", chat_id=ANN, text=text) for text in ("One", "Two"))

    assert second["message_id"] == first["message_id"] + 1
    assert (first["text"], first["chat"]["id"], first["chat"]["type"]) == ("One", ANN, "private")
    assert result(simulator, "sendMessage", chat_id="@anna_example", text="x")["chat"]["id"] == ANN
    assert result(simulator, "sendMessage", chat_id=GROUP, text="x")["message_id"] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "x"}, "chat_id is empty"),
        ({"chat_id": 1, "text": "x"}, "chat not found"),
        ({"chat_id": ANN, "text": "  "}, "message text is empty"),
        ({"chat_id": ANN, "text": "x" * 4097}, "message is too long"),
        ({"chat_id": ANN, "text": "😀" * 2049}, "message is too long"),
        ({"chat_id": ANN, "text": "<p>x</p>", "parse_mode": "HTML"}, "can't parse entities"),
        ({"chat_id": ANN, "text": "<b>x", "parse_mode": "HTML"}, "can't parse entities"),
        ({"chat_id": ANN, "text": "a < b & c", "parse_mode": "HTML"}, "can't parse entities"),
        ({"chat_id": ANN, "text": "x", "parse_mode": "Markdown"}, "unsupported parse_mode"),
        ({"chat_id": ANN, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "я" * 33}]]}}, "BUTTON_DATA_INVALID"),
        ({"chat_id": ANN, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "https://e.org"}]] * 101}}, "too long"),
    ],
)  # fmt: skip
def test_what_is_refused_with_which_words(simulator, body, words):
    status, description = refusal(simulator, "sendMessage", **body)

    assert status == 400
    assert words in description
    assert simulator.heard(ANN) == []


def test_lengths_are_counted_in_utf16_units_behind_the_marks(simulator):
    text = "😀" * 2047 + "<b>ab</b>"

    result(simulator, "sendMessage", chat_id=ANN, text=text, parse_mode="HTML")

    [said] = simulator.heard(ANN)
    assert said.entities == [{"type": "bold", "offset": 4094, "length": 2}]


def test_a_blocked_bot_and_a_grown_group_are_told_apart(simulator):
    simulator.people.block(ANN)
    simulator.people.grow(GROUP, -1007)

    assert refusal(simulator, "sendMessage", chat_id=ANN, text="x") == (
        403,
        "Forbidden: bot was blocked by the user",
    )
    answer = ask(simulator, "sendMessage", chat_id=GROUP, text="x").json()
    assert answer["parameters"] == {"migrate_to_chat_id": -1007}


def test_one_message_a_second_to_a_person_and_twenty_a_minute_to_a_group(strict):
    result(strict, "sendMessage", chat_id=ANN, text="x")
    answer = ask(strict, "sendMessage", chat_id=ANN, text="x")
    assert (answer.status_code, answer.json()["parameters"]) == (429, {"retry_after": 1})

    for _number in range(20):
        result(strict, "sendMessage", chat_id=GROUP, text="x")
    answer = ask(strict, "sendMessage", chat_id=GROUP, text="x")
    assert answer.status_code == 429
    assert 55 < answer.json()["parameters"]["retry_after"] <= 60


def test_each_file_of_an_album_counts_in_a_group(strict):
    photos = [{"type": "photo", "media": f"https://e.org/{number}.jpg"} for number in range(10)]
    for _album in range(2):
        result(strict, "sendMediaGroup", chat_id=GROUP, media=photos)

    assert refusal(strict, "sendMessage", chat_id=GROUP, text="x")[0] == 429


def test_another_text_replaces_the_former_with_its_buttons(simulator):
    keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = result(simulator, "sendMessage", chat_id=ANN, text="One", reply_markup=keys)["message_id"]

    result(simulator, "editMessageText", chat_id=ANN, message_id=sent, text="Two")

    [said] = simulator.heard(ANN)
    assert (said.text, said.buttons, said.is_edited) == ("Two", [], True)
    same = {"chat_id": ANN, "message_id": sent}
    assert "not modified" in refusal(simulator, "editMessageText", text="Two", **same)[1]
    assert "can't be edited" in refusal(simulator, "editMessageCaption", caption="Two", **same)[1]
    assert "not found" in refusal(simulator, "editMessageText", chat_id=ANN, message_id=99, text="x")[1]

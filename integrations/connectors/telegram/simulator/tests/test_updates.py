"""How people's doings reach the bot: asked for with an offset, or called out with the secret until they are taken."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from integrations.connectors.telegram.simulator.tests.asking import ANN, GROUP, refusal, result


class Bot:
    """Somebody's webhook; `answers` are the statuses of its next replies, then 200."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = []
        self.got: list[tuple[str | None, bytes]] = []


@pytest.fixture
def bot() -> Iterator[Bot]:
    found = Bot()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((self.headers.get("X-Telegram-Bot-Api-Secret-Token"), body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def test_updates_wait_until_the_next_offset_takes_them(simulator):
    simulator.people.write(ANN, "One")
    simulator.people.write(GROUP, "Two")

    first = result(simulator, "getUpdates")
    assert [one["message"]["text"] for one in first] == ["One", "Two"]
    assert len(result(simulator, "getUpdates", limit=1)) == 2 - 1
    assert result(simulator, "getUpdates", offset=first[-1]["update_id"] + 1) == []
    assert result(simulator, "getUpdates") == []


def test_an_address_is_called_with_the_secret_until_it_takes_it(simulator, bot):
    bot.answers = [500, 404]
    result(simulator, "setWebhook", url=bot.url, secret_token="s-1")

    simulator.people.write(ANN, "Hello")

    assert simulator.wait_until(lambda: not simulator.world.updates)
    assert len(bot.got) == 3
    assert {secret for secret, _body in bot.got} == {"s-1"}
    assert len({body for _secret, body in bot.got}) == 1
    info = result(simulator, "getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == (bot.url, 0)
    assert "404" in info["last_error_message"]


def test_it_is_either_called_or_asked(simulator, bot):
    result(simulator, "setWebhook", url=bot.url)

    assert refusal(simulator, "getUpdates")[0] == 409
    result(simulator, "deleteWebhook")
    assert result(simulator, "getUpdates") == []


def test_addresses_and_secrets_that_the_real_one_refuses(strict):
    assert "HTTPS" in refusal(strict, "setWebhook", url="http://bot.example.com/hook")[1]
    assert "secret" in refusal(strict, "setWebhook", url="https://bot.example.com/", secret_token="a b")[1]
    assert result(strict, "getWebhookInfo")["url"] == ""


def test_presses_blocks_and_edits_are_updates_of_their_own(simulator):
    keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    sent = result(simulator, "sendMessage", chat_id=ANN, text="Sure?", reply_markup=keys)["message_id"]
    said = simulator.people.write(ANN, "Hm")["message"]["message_id"]

    simulator.people.press(ANN, sent, "y")
    simulator.people.edit(ANN, said, "Yes")
    simulator.people.block(ANN)
    with pytest.raises(ValueError):
        simulator.people.press(ANN, sent, "unknown")

    _message, press, edit, block = result(simulator, "getUpdates")
    assert press["callback_query"]["data"] == "y"
    assert edit["edited_message"]["text"] == "Yes"
    assert block["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    result(simulator, "answerCallbackQuery", callback_query_id=press["callback_query"]["id"])
    assert simulator.world.answered == [press["callback_query"]["id"]]
    assert refusal(simulator, "answerCallbackQuery", callback_query_id="x")[0] == 400


def test_a_reset_forgets_what_was_said_and_the_page_shows_none_of_it(simulator):
    result(simulator, "sendMessage", chat_id=ANN, text="Hello")
    assert simulator.snapshot("en")["chats"][0]["said"][0]["text"] == "Hello"

    simulator.reset()

    assert simulator.snapshot("en")["chats"][0]["said"] == []
    assert simulator.requests == []

"""Planted secrets come out of nothing: text, addresses, headers, bodies, logs, error pages, error collectors."""

import io
import json
import logging
from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from django.test import RequestFactory
from django.views.debug import get_exception_reporter_class

from config.error_pages import MaskingReporter
from config.logs import MaskSecrets
from config.masking import (
    MASK,
    Values,
    before_send,
    is_secret_header,
    is_secret_name,
    masked,
    masked_body,
    masked_json,
    masked_pairs,
    masked_url,
    masked_value,
)

CANARY = "cAnArY-7f3a9b2c5d"
BASIC = b64encode(f"user:{CANARY}".encode()).decode()
# Every shape in which a secret was ever seen in a text.
TEXTS = [
    f"password={CANARY}",
    f"passwd: {CANARY}",
    f"api_key='{CANARY} with a space'",
    f'"apiKey": "{CANARY}\\" and on"',
    f"apikey={CANARY}&page=2",
    f"{{'client_secret': '{CANARY}'}}",
    f'{{"refresh_token":"{CANARY}"}}',
    f"Authorization: Bearer {CANARY}",
    f"authorization: Token {CANARY}",
    f"Authorization: Basic {BASIC}",
    f"sent bearer {CANARY} along",
    f"https://user:{CANARY}@crm.example/path",
    f"https://{CANARY}@crm.example/path",
    f"postgres://switchboard:{CANARY}@db:5432/x failed",
    f"amqp://guest:{CANARY}@mq:5672//",
    f"GET https://crm.example/api?access_token={CANARY}&x=1",
    f"clientId={CANARY}",
    f"Cookie: sessionid={CANARY}",
    f"set-cookie: a={CANARY}",
    f"X-Api-Key: {CANARY}",
    f"recordUrl=https://pbx.example/rec/{CANARY}.wav",
    f'"recording_url": "https://pbx.example/{CANARY}"',
    f"sbk_{CANARY}",
    f"whsec_{CANARY}",
    f"sb1.k1.{CANARY}==",
    "token_" + "of_the_main_shop_" * 6 + f"={CANARY}",
    "the-main-shops-" * 6 + "secret" + "-of-last-year" * 6 + f": {CANARY}",
    '"password_' + "x" * 61 + f'" : "{CANARY}"',
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_secret_is_left_in_a_text(text: str) -> None:
    for shown in (masked(text), masked(f"before {text} after"), masked(f"before\n{text}\nafter")):
        assert CANARY not in shown
        assert BASIC not in shown
        assert MASK in shown


@pytest.mark.parametrize(
    "text",
    [
        "call 150 ended: 6 s, cause 16",
        "token bucket is empty",
        "https://crm.example/api/v5/telephony?page=2",
        "the secret was rotated",
        '{"status": "ok", "id": 5, "extension": "150"}',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text
    assert masked_json(text) == text


def test_secrets_in_addresses_inside_json_are_masked() -> None:
    text = '{"url": "https://hub.example/webhook/ozon/x?a=b&token=s3cr3t-9f#part", "types": ["A"]}'

    assert masked_json(text) == (
        '{"url": "https://hub.example/webhook/ozon/x?a=b&token=•••#part", "types": ["A"]}'
    )


@pytest.mark.parametrize(
    "name",
    ["password", "new_password1", "clientSecret", "client_id", "apiKey", "api-key", "X-Auth-Token", "pbx_token", "call_secret",
     "credentials", "refresh_token", "signature", "digest", "token_digest", "previous_secret", "recordUrl", "recording",
     "recording_url_template", "sessionid", "csrfmiddlewaretoken", "recovery_codes", "tokens", "Cookie"],
)  # fmt: skip
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["name", "key", "token_type", "secretary", "extension", "is_recorded", "has_recording", "record", "author", "idempotency_key"]
)  # fmt: skip
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-API-Key", "X-Hub-Signature-256", "X-Shopify-Hmac-Token", "X-Session"])  # fmt: skip
def test_headers_that_carry_credentials(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize("name", ["webhook-signature", "Idempotency-Key", "Content-Type", "webhook-id"])
def test_headers_that_carry_none(name: str) -> None:
    assert not is_secret_header(name)


def test_addresses() -> None:
    assert masked_url(f"https://u:{CANARY}@h.example:8443/p?api_key={CANARY}&page=2#f") == (
        f"https://{MASK}@h.example:8443/p?api_key={MASK}&page=2#f"
    )
    assert masked_url("https://h.example/p?page=2") == "https://h.example/p?page=2"


def test_forms_and_json_within_them() -> None:
    inner = quote_plus(json.dumps([{"recordUrl": f"https://pbx/{CANARY}", "phone": "1"}]))
    shown = masked_pairs(f"calls={inner}&clientId={CANARY}&auth%5Bapplication_token%5D={CANARY}&note=x")

    assert CANARY not in str(shown)
    assert shown[-1] == "note=x"
    assert '"phone": "1"' in shown[0]


@pytest.mark.parametrize(
    "body", [f'{{"a": {{"token": "{CANARY}"}}}}', f"token={CANARY}&a=1", f"<token>x</token> token: {CANARY}"]
)
def test_bodies_of_unknown_type(body: str) -> None:
    assert CANARY not in masked_body(body)


def test_nested_data() -> None:
    data = {
        "user": {"password": CANARY, "name": "Anna"},
        "headers": [["X-Custom-Auth", CANARY], ["Accept", "*/*"]],
        "list": [f"password={CANARY}", ("api_key", CANARY)],
        "bytes": f"token={CANARY}".encode(),
        "number": 5,
        "none": {"token": None},
    }

    shown = masked_value(data)

    assert CANARY not in repr(shown)
    assert (shown["user"]["name"], shown["number"], shown["none"]) == ("Anna", 5, {"token": None})
    assert shown["headers"][1] == ["Accept", "*/*"]


def test_something_endless_is_cut() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless

    assert MASK in repr(masked_value(endless))


def test_values_that_are_known_are_found_wherever_they_stand() -> None:
    values = Values([CANARY + '/"&', "ab"])

    assert values.text(f"x {quote_plus(CANARY + chr(47) + chr(34) + '&')} y") == f"x {MASK} y"
    assert values.text("ab is too short to be a secret") == "ab is too short to be a secret"


class TestLogs:
    @pytest.fixture
    def stream(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def logger(self, stream: io.StringIO) -> logging.Logger:
        handler = logging.StreamHandler(stream)
        handler.addFilter(MaskSecrets())
        logger = logging.Logger("test")  # noqa: LOG001 one of its own, which nothing else hears
        logger.addHandler(handler)
        return logger

    @pytest.mark.parametrize("text", TEXTS)
    def test_messages_arguments_and_exceptions(
        self, logger: logging.Logger, stream: io.StringIO, text: str
    ) -> None:
        logger.warning(text.replace("%", "%%"))
        logger.warning("got %s", text)
        try:
            raise ValueError(text)
        except ValueError:
            logger.exception("failed", stack_info=True)

        assert CANARY not in stream.getvalue()
        assert BASIC not in stream.getvalue()
        assert "ValueError" in stream.getvalue()

    def test_a_wrong_format_is_logged_all_the_same(self, logger: logging.Logger, stream: io.StringIO) -> None:
        logger.warning("%d and %s", f"token={CANARY}")

        assert CANARY not in stream.getvalue()
        assert "%d and %s" in stream.getvalue()


@pytest.mark.parametrize("is_debug", [True, False])
@pytest.mark.parametrize("form", ["html", "text"])
def test_error_pages(settings, is_debug: bool, form: str) -> None:
    settings.DEBUG = is_debug
    settings.SOME_API_KEY = CANARY
    settings.SOME_URL = f"https://u:{CANARY}@h.example"
    request = RequestFactory().post(
        f"/x?access_token={CANARY}&page=2",
        {"password": CANARY, "note": f"api_key={CANARY}"},
        headers={"authorization": f"Bearer {CANARY}", "x-api-key": CANARY, "cookie": f"sessionid={CANARY}"},
    )
    try:
        token, note = CANARY, {"client_secret": CANARY}  # noqa: F841 what the page shows of a frame
        raise ValueError(f"no answer from https://u:{CANARY}@crm.example?apiKey={CANARY}")
    except ValueError as error:
        reporter = MaskingReporter(request, type(error), error, error.__traceback__)
        assert get_exception_reporter_class(request) is MaskingReporter  # type: ignore[comparison-overlap]

    page = reporter.get_traceback_html() if form == "html" else reporter.get_traceback_text()

    # The source lines of this very test name the constant, not its value.
    assert CANARY not in page
    assert "ValueError" in page
    assert "page" in page


def test_an_error_collectors_hook() -> None:
    event = {
        "event_id": "1",
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": f"https://u:{CANARY}@h/?token={CANARY}",
                    "stacktrace": {"frames": [{"function": "f", "vars": {"password": CANARY, "x": f"'token={CANARY}'"}}]},
                }
            ]
        },
        "request": {
            "url": f"https://u:{CANARY}@hub.example/x",
            "query_string": f"api_key={CANARY}&page=2",
            "headers": {"Authorization": f"Bearer {CANARY}", "X-Session-Key": CANARY, "Accept": "*/*"},
            "cookies": {"a": CANARY},
            "data": json.dumps({"a": [{"secret": CANARY}]}),
        },
        "breadcrumbs": {"values": [{"message": f"Authorization: Basic {BASIC}", "data": {"http.query": f"token={CANARY}"}}]},
        "extra": {"body": f"clientId={CANARY}".encode()},
        "user": {"id": 1},
    }  # fmt: skip

    sent = before_send(event, {})

    assert CANARY not in repr(sent)
    assert BASIC not in repr(sent)
    assert sent["event_id"] == "1"
    assert sent["exception"]["values"][0]["type"] == "ValueError"
    assert sent["request"]["headers"]["Accept"] == "*/*"
    assert "page=2" in sent["request"]["query_string"]
    assert CANARY in repr(event)


LONG = 1 << 20


@pytest.mark.parametrize(
    "word",
    ["token", "pwd", "cookie", "asecret-", "api-key", "bearer ", "://", '"token', "?token", "a", "token ", "api_", "-", "token:"],
)  # fmt: skip
def test_a_text_of_nothing_but_telling_words_takes_no_time(word: str) -> None:
    """What a receiver answers is masked in the thread that all deliveries wait for. Quadratic work on it would take hours."""
    text = (word * LONG)[:LONG]

    assert masked(masked_json(text))

"""Each form by its bytes, against the limits of those who get it."""

import json
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from webhooks.formats import Company, clean_options, clean_template, form_of
from webhooks.formats.escaping import cut, length, pieces, without_tags
from webhooks.formats.registry import FORMATS, Format, clean_address
from webhooks.formats.tests.test_templates import DATA, occasion

TELEGRAM = {"chat_id": "-100123"}
EVIL = {"name": "<!channel> @everyone [x](https://evil) <script> & *bold* `a` _b_ ~c~ |d|"}


def options_of(format_):
    return TELEGRAM if format_ == "telegram" else {}


def made(format_, template="", data=DATA, options=None, **more):
    return form_of(format_, template, options or options_of(format_)).render(occasion(data, **more))


def test_the_envelope():
    rendered = made("standard")

    assert rendered.content_type == "application/json"
    assert json.loads(rendered.body) == {
        "type": "call.ended",
        "timestamp": "2026-11-21T09:40:29.121Z",
        "data": DATA,
    }


def test_cloud_events(settings):
    settings.PUBLIC_URL = "https://hub.example.com"
    structured = made("cloudevents")
    binary = made("cloudevents_binary", options={"source": "/sensors/é7"})
    attributes = {
        "specversion": "1.0",
        "id": "00000000-0000-0000-0000-000000000007",
        "source": "https://hub.example.com",
        "type": "call.ended",
        "time": "2026-11-21T09:40:29.121Z",
    }

    assert structured.content_type.startswith("application/cloudevents+json")
    assert json.loads(structured.body) == attributes | {"datacontenttype": "application/json", "data": DATA}
    assert binary.content_type == "application/json"
    assert json.loads(binary.body) == DATA
    assert binary.headers == (
        "ce-specversion: 1.0",
        "ce-id: 00000000-0000-0000-0000-000000000007",
        "ce-source: /sensors/%C3%A97",
        "ce-type: call.ended",
        "ce-time: 2026-11-21T09:40:29.121Z",
    )


def test_form_fields():
    fields = dict(parse_qsl(made("form").body.decode(), keep_blank_values=True))

    assert fields["type"] == "call.ended"
    assert fields["data[client][name]"] == "Анна <b>"
    assert fields["data[items][1][price]"] == "2"
    assert (fields["data[missed]"], fields["data[empty]"]) == ("false", "")


def test_plain_text_with_and_without_a_template():
    by_itself = made("text")
    lines = by_itself.body.decode().splitlines()

    assert by_itself.content_type == "text/plain; charset=utf-8"
    assert lines[0] == "Call ended"
    assert "client.number: +375291234570" in lines
    assert made("text", "{{ data.client.name }}!").body.decode() == "Анна <b>!"


def test_own_json():
    rendered = made("json", '{"phone": "{{ data.client.number }}", "all": {{ data | json }}}')

    assert json.loads(rendered.body) == {"phone": "+375291234570", "all": DATA}


def test_a_message_is_in_the_companys_language_and_zone():
    company = Company("Июнь", "ru", ZoneInfo("Asia/Tokyo"))
    with translation.override("en"):
        message = json.loads(made("slack", company=company).body)

    assert message["blocks"][-1]["elements"][0]["text"] == "Июнь · 21.11.2026 18:40 · call.ended"


def test_slack():
    message = json.loads(made("slack", data=EVIL).body)
    header, section, _context = message["blocks"]

    assert (message["text"], message["unfurl_links"]) == ("Call ended", False)
    assert header["text"] == {"type": "plain_text", "text": "Call ended", "emoji": True}
    assert "&lt;!channel&gt;" in section["fields"][0]["text"]
    assert "<" not in section["fields"][0]["text"]
    told = json.loads(made("slack", "*{{ title }}* {{ data.name }}", EVIL).body)
    assert told["blocks"][0]["text"]["text"].startswith("*Call ended* &lt;!channel&gt;")


def test_discord():
    message = json.loads(made("discord", data=EVIL).body)
    told = json.loads(made("discord", "**{{ data.name }}**", EVIL).body)
    long = json.loads(made("discord", "{{ data.name }}", {"name": "a" * 9000}).body)

    assert message["allowed_mentions"] == told["allowed_mentions"] == {"parse": []}
    assert "\\[x\\]\\(https" in message["embeds"][0]["fields"][0]["value"]
    assert told["content"].startswith("**<!channel\\>")
    assert ("content" in long, len(long["embeds"][0]["description"])) == (False, 4096)


def test_telegram():
    message = json.loads(made("telegram", data=EVIL, options=TELEGRAM | {"thread_id": "7"}).body)
    long = json.loads(made("telegram", "<b>{{ data.name }}</b>", {"name": "я<" * 4000}).body)

    assert (message["chat_id"], message["message_thread_id"], message["parse_mode"]) == ("-100123", 7, "HTML")
    assert message["text"].startswith("<b>Call ended</b>\nname: &lt;!channel&gt;")
    assert "parse_mode" not in long
    assert long["text"].startswith("я<я<")
    assert len(long["text"]) == 4096


def test_teams():
    message = json.loads(made("teams", data=EVIL).body)
    card = message["attachments"][0]["content"]

    assert (message["type"], card["type"], card["version"]) == ("message", "AdaptiveCard", "1.4")
    assert card["body"][0]["text"] == "Call ended"
    assert "\\[x\\](https" in card["body"][1]["facts"][0]["value"]
    assert len(made("teams", "{{ data.name }}", {"name": "я" * 50_000}).body) < 24_000


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(lambda text: text * 300)
LARGE = st.dictionaries(TEXT, TEXT | st.integers() | st.lists(TEXT, max_size=3), max_size=14)


@given(LARGE)
def test_no_message_is_larger_than_its_receiver_takes(data):
    slack = json.loads(made("slack", data=data).body)
    discord = json.loads(made("discord", data=data).body)
    telegram = json.loads(made("telegram", data=data).body)

    fields = [field["text"] for block in slack["blocks"] for field in block.get("fields", ())]
    assert len(fields) <= 10
    assert all(length(text) <= 2000 for text in fields)
    assert sum(map(length, fields)) < 12_000
    (embed,) = discord["embeds"]
    parts = [one[name] for one in embed["fields"] for name in ("name", "value")]
    assert all(part.strip() for part in parts)
    assert sum(map(length, [*parts, embed["title"], embed["footer"]["text"]])) <= 6000
    assert length(without_tags(telegram["text"])) <= 4096
    assert len(made("teams", data=data).body) < 28_000


@given(st.text(), st.integers(5, 60))
def test_cutting(text, limit):
    short = cut(text, limit)

    assert length(short) <= limit
    assert short == text or short.endswith("…")
    assert all(length(piece) <= limit for piece in pieces(text, limit, 3))
    assert len(pieces(text, limit, 3)) <= 3


def test_half_an_escape_is_never_left():
    assert cut("abc&amp;def", 7) == "abc…"
    assert cut("abcdef\\*gh", 8) == "abcdef…"


@pytest.mark.parametrize(
    ("format_", "template", "is_fine"),
    [
        ("standard", "", True),
        ("standard", "x", False),
        ("form", "x", False),
        ("json", "", False),
        ("json", "{}", True),
        ("slack", " ", True),
        ("slack", "{{ data.x }}", True),
        ("slack", "{{ data.x() }}", False),
    ],
)
def test_which_templates_a_format_takes(format_, template, is_fine):
    if is_fine:
        assert clean_template(format_, template) == template.strip()
    else:
        with pytest.raises(ValidationError):
            clean_template(format_, template)


@pytest.mark.parametrize(
    ("format_", "options", "fault"),
    [
        ("telegram", {}, "chat_id"),
        ("telegram", {"chat_id": "general"}, "chat_id"),
        ("telegram", {"chat_id": "@general", "thread_id": "x"}, "thread_id"),
        ("telegram", {"chat_id": "@general", "thread_id": ""}, None),
        ("cloudevents", {"source": "a b"}, "source"),
        ("cloudevents", {"source": "urn:shop"}, None),
        ("slack", {"chat_id": "1"}, "chat_id"),
        ("slack", [], "pairs"),
    ],
)
def test_options(format_, options, fault):
    if fault is None:
        clean_options(format_, options)
        return
    with pytest.raises(ValidationError, match=fault):
        clean_options(format_, options)


def test_addresses():
    hook = "https://discord.com/api/webhooks/1/a"

    assert clean_address("discord", hook) == f"{hook}?wait=true"
    assert clean_address("discord", f"{hook}?thread_id=7&wait=false") == f"{hook}?thread_id=7&wait=false"
    assert clean_address("discord", "https://relay.example.com/x") == "https://relay.example.com/x"
    assert clean_address("slack", hook) == hook
    for address in ("https://june.webhook.office.com/webhookb2/1", "https://outlook.office.com/webhook/1"):
        with pytest.raises(ValidationError, match="retired"):
            clean_address("teams", address)
    with pytest.raises(ValidationError, match="sendMessage"):
        clean_address("telegram", "https://api.telegram.org/bot1:a/getMe")


def test_endpoints_with_the_same_body_share_it_and_others_do_not():
    variants = [
        form_of("slack").variant,
        form_of("slack", "a").variant,
        form_of("slack", "b").variant,
        form_of("telegram", "", {"chat_id": "1"}).variant,
        form_of("telegram", "", {"chat_id": "2"}).variant,
    ]

    assert len(set(variants)) == len(variants)
    assert form_of("slack", "a").variant == variants[1]
    assert all(len(variant) <= 60 for variant in variants)
    assert set(FORMATS) == set(Format.values)

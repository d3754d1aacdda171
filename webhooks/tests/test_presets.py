"""Every preset against its sender's rules: published vectors, another's library, and hostile input."""

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from webhooks.presets import PRESETS, Arrival, BadOption, SecretFrom, UnknownPreset, preset
from webhooks.presets.arrival import NotReadable, lower_case
from webhooks.presets.keys import fitting
from webhooks.tests.senders import (
    ADDRESS,
    BODY,
    SECRETS,
    TOKEN,
    another_secret,
    options_of,
    secret_of,
    signed,
)

UNSIGNED = ("basic", "jwt")  # the body is not covered
NOW = 1_700_000_000.0


def arrived(name, headers, body=BODY, at=NOW, query="", options=None, address=ADDRESS):
    found = {key.lower(): value for key, value in headers.items()}
    return Arrival(found, query, body, at, options_of(name) if options is None else options, address)


def reason(name, headers, body=BODY, at=NOW, secret=None, **more):
    given_secret = secret_of(name) if secret is None else secret
    return preset(name).prove(arrived(name, headers, body, at, **more), [given_secret], 300).reason


def query_of(name):
    return f"token={TOKEN}" if preset(name).is_token and not preset(name).secret_headers else ""


@pytest.mark.parametrize("name", PRESETS)
def test_what_the_sender_signs_is_genuine(name):
    headers = signed(name, secret_of(name), at=NOW)

    assert reason(name, headers, query=query_of(name)) == ""


@pytest.mark.parametrize("name", PRESETS)
def test_another_secret_proves_nothing(name):
    other = another_secret(name)
    headers = signed(name, other, at=NOW)

    assert reason(name, headers, query=f"token={other}" if preset(name).is_token else "") == "signature_wrong"


@pytest.mark.parametrize(
    "name", [name for name, one in PRESETS.items() if not one.is_token and name not in UNSIGNED]
)
def test_one_changed_byte_of_the_body_is_noticed(name):
    headers = signed(name, secret_of(name), at=NOW)

    assert reason(name, headers, BODY + b" ") == "signature_wrong"


@pytest.mark.parametrize("name", PRESETS)
def test_without_its_headers_nothing_is_genuine(name):
    assert reason(name, {}) == "signature_missing"


@pytest.mark.parametrize("name", PRESETS)
def test_without_a_secret_nothing_is_genuine(name):
    headers = signed(name, secret_of(name), at=NOW)

    assert preset(name).prove(arrived(name, headers), [], 300).reason == "source_secret_missing"
    assert reason(name, headers, secret="") == "source_secret_missing"
    assert reason(name, signed(name, "", at=NOW), secret="", query="token=") == "source_secret_missing"


@pytest.mark.parametrize("name", [name for name, one in PRESETS.items() if one.has_timestamp])
@pytest.mark.parametrize(
    ("skew", "expected"),
    [(0, ""), (300, ""), (-300, ""), (301, "timestamp_stale"), (-301, "timestamp_stale")],
)
def test_the_replay_window_has_two_edges(name, skew, expected):
    headers = signed(name, secret_of(name), at=NOW)

    assert reason(name, headers, at=NOW + skew) == expected


def test_published_vectors():
    standard = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    github = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    assert reason("standard", standard, b'{"test": 2432232314}', 1614265330.0) == ""
    assert (
        reason(
            "github", {"X-Hub-Signature-256": github}, b"Hello, World!", secret="It's a Secret to Everybody"
        )
        == ""
    )


def test_the_public_library_signs_and_we_agree():
    body = '{"text": "Здравствуй"}'
    moment = datetime.now(UTC)
    signature = Webhook(SECRETS["standard"]).sign("msg_1", moment, body)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }

    assert reason("standard", headers, body.encode(), time.time()) == ""
    for name, value in (
        ("webhook-id", "msg_2"),
        ("webhook-timestamp", str(int(moment.timestamp()) + 1)),
        ("webhook-signature", "v1," + "A" * 43 + "="),
    ):
        assert reason("standard", headers | {name: value}, body.encode(), time.time()) == "signature_wrong"


def test_several_signatures_and_the_former_secret():
    former, current = SECRETS["standard"], "whsec_" + "B" * 32
    headers = signed("standard", former, at=NOW)
    headers["webhook-signature"] = "v1,AAAA v2,xx " + headers["webhook-signature"]

    proof = preset("standard").prove(arrived("standard", headers), [current, former], 300)

    assert (proof.holds, proof.is_former_secret) == (True, True)
    assert not preset("standard").prove(arrived("standard", headers), [current], 300).holds


HOSTILE = [
    "",
    " ",
    ",",
    "v1",
    "v1,",
    "v0=",
    "sha256=",
    "t=1,v1",
    "t=,v1=",
    "t=1,t=2,v1=00",
    "sha256=é",
    "ÿ" * 50,
    "x" * 100_000,
    "v1,§§§",
    "\x00",
    "v1,\ud800",
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", PRESETS)
def test_hostile_headers_are_a_refusal_and_no_error(name, value):
    headers = dict.fromkeys(signed(name, secret_of(name), at=NOW), value)

    assert reason(name, headers, query=f"token={value}") in ("signature_wrong", "signature_missing")


@given(
    name=st.sampled_from(sorted(PRESETS)),
    values=st.lists(st.text(max_size=40), min_size=4, max_size=4),
    body=st.binary(max_size=60),
    query=st.text(max_size=30),
)
def test_no_request_raises(name, values, body, query):
    headers = dict(zip(signed(name, secret_of(name), at=NOW), values, strict=False))
    arrival = arrived(name, headers, body, query=query)
    one = preset(name)

    assert not one.prove(arrival, [secret_of(name)], 300).holds
    assert len(fitting(one.key(arrival))) <= 150
    assert isinstance(one.event(arrival), str)
    assert one.is_readable(arrival) in (True, False)
    assert isinstance(one.reply(arrival, SECRETS["standard"]).body, bytes)


def test_repeated_headers():
    same = lower_case([(b"Content-Type", b"a"), (b"content-type", b"a"), (b"content-type", b"a")])
    different = lower_case([(b"X-Gitlab-Token", TOKEN.encode()), (b"x-gitlab-token", b"other")])

    assert same == {"content-type": "a"}
    assert reason("gitlab", different) == "signature_wrong"


def test_a_token_in_the_url_must_be_there_once():
    assert reason("token", {}, query=f"token={TOKEN}&token={TOKEN}") == "signature_missing"
    assert reason("token", {}, query=f"x=1&token={TOKEN}") == ""
    assert (
        reason(
            "token",
            {"authorization": f"Bearer {TOKEN}"},
            query=f"token={TOKEN}",
            options={"header": "Authorization", "prefix": "Bearer "},
        )
        == ""
    )
    # With a header named, the URL does not count.
    assert reason("token", {}, query=f"token={TOKEN}", options={"header": "X-Token"}) == "signature_missing"


@pytest.mark.parametrize(
    ("address", "networks", "expected"),
    [
        ("195.34.21.255", "", ""),
        ("185.73.195.1", "", ""),
        ("::ffff:91.223.93.7", "", ""),
        ("185.73.196.1", "", "address_strange"),
        ("192.0.2.7", "", "address_strange"),
        ("195.34.21.7", "192.0.2.0/24", "address_strange"),
        ("2001:db8::7", "192.0.2.0/24, 2001:db8::/32", ""),
        ("", "", "address_strange"),
        ("not an address", "", "address_strange"),
    ],
)
def test_ozon_is_let_in_from_its_networks_only(address, networks, expected):
    options = {"networks": networks} if networks else {}

    assert reason("ozon", {}, query=f"token={TOKEN}", address=address, options=options) == expected


def test_ozon_may_be_a_simulator_that_the_operator_allows(settings):
    settings.EGRESS_ALLOW = ["127.0.0.1/32:8093"]

    assert reason("ozon", {}, query=f"token={TOKEN}", address="127.0.0.1", options={}) == ""
    assert reason("ozon", {}, query=f"token={TOKEN}", address="127.0.0.2", options={}) == "address_strange"


def test_the_same_notification_is_told_by_its_content():
    one = preset("ozon")
    first = one.key(arrived("ozon", {}, b'{"message_type":"TYPE_NEW_POSTING","seller_id":15}'))

    assert one.key(arrived("ozon", {}, b'{"seller_id": 15, "message_type": "TYPE_NEW_POSTING"}')) == first
    assert one.key(arrived("ozon", {}, b'{"seller_id": 16, "message_type": "TYPE_NEW_POSTING"}')) != first
    assert one.key(arrived("ozon", {}, b"{")).startswith("body:")


def test_hmac_options():
    options = {"header": "X-Sig", "prefix": "sha256=", "encoding": "base64"}
    value = signed("shopify", secret_of("hmac"))["X-Shopify-Hmac-SHA256"]

    assert reason("hmac", {"x-sig": f"sha256={value}"}, options=options) == ""
    assert reason("hmac", {"x-sig": value}, options=options) == "signature_wrong"
    assert (
        reason("hmac", {"x-sig": f"sha256={value}"}, options=options | {"encoding": "hex"})
        == "signature_wrong"
    )


@pytest.mark.parametrize("name", ["shopify", "github", "hmac"])
def test_unsigned_headers_do_not_make_a_request_new(name):
    headers = signed(name, secret_of(name))
    first = preset(name).key(arrived(name, headers))
    again = preset(name).key(
        arrived(name, headers | {"X-GitHub-Delivery": "2", "X-Shopify-Event-Id": "3", "Idempotency-Key": "4"})
    )
    other = preset(name).key(arrived(name, headers, BODY + b"\n"))

    assert first == again != other


def test_one_body_for_two_topics_is_two_requests():
    keys = {
        preset("shopify").key(arrived("shopify", {"x-shopify-topic": topic}))
        for topic in ("orders/create", "orders/paid")
    }

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("name", "headers", "body", "key", "event"),
    [
        ("standard", {"webhook-id": "msg_1"}, BODY, "msg_1", "order.paid"),
        ("stripe", {}, BODY, "evt_1", "order.paid"),
        ("gitlab", {"x-gitlab-event-uuid": "u-1"}, b'{"object_kind":"push"}', "u-1", "push"),
        ("gitlab", {"x-gitlab-event-uuid": "u-1", "x-gitlab-event": "Job Hook"}, b"{}", "u-1", "Job Hook"),
        ("telegram", {}, b'{"update_id": 7, "message": {}}', "7", "message"),
        (
            "slack",
            {},
            b'{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}',
            "Ev1",
            "app_mention",
        ),
        ("token", {"idempotency-key": "k-1"}, b"anything", "k-1", ""),
    ],
)
def test_identity_and_event(name, headers, body, key, event):
    arrival = arrived(name, headers, body)

    assert (preset(name).key(arrival), preset(name).event(arrival)) == (key, event)


def test_amocrm_names_what_changed_first_and_knows_the_same_news_again():
    form = {"content-type": "application/x-www-form-urlencoded"}
    arrival = arrived(
        "amocrm", form, b"account%5Bid%5D=290&leads%5Bstatus%5D%5B0%5D%5Bid%5D=101&contacts[add][0][id]=7"
    )
    again = arrived("amocrm", form, arrival.body)

    assert preset("amocrm").event(arrival) == "leads.status"
    assert preset("amocrm").key(arrival) == preset("amocrm").key(again)
    assert preset("amocrm").key(arrival) != preset("amocrm").key(arrived("amocrm", form, arrival.body + b"1"))
    assert preset("amocrm").event(arrived("amocrm", {}, b"not a form")) == ""


def test_fields_named_by_options():
    options = {"event_field": "meta.kind", "id_field": "meta.id"}
    arrival = arrived("token", {}, b'{"meta": {"kind": "alarm", "id": 9}}', options=options)

    assert (preset("token").key(arrival), preset("token").event(arrival)) == ("9", "alarm")
    assert preset("token").key(arrived("token", {}, b"{}", options=options)).startswith("new:")


def test_odd_keys_are_told_apart_by_a_digest():
    assert fitting("evt_1") == "evt_1"
    assert fitting("é").startswith("long:")
    assert fitting("x" * 151) != fitting("x" * 152)
    assert len(fitting("x" * 10_000)) <= 150


@pytest.mark.parametrize(
    ("body", "content_type", "data"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', "application/json", {"a": 1}),
        (b'{"a": "\xff"}', "application/json", {"a": "\ufffd"}),
        (
            b"a=1&b=2&b=3&c",
            "application/x-www-form-urlencoded; charset=utf-8",
            {"a": "1", "b": ["2", "3"], "c": ""},
        ),
        (b"payload=%7B%22a%22%3A1%7D", "application/x-www-form-urlencoded", {"payload": {"a": 1}}),
        (b'{"a": 123456789012345678901234567890}', "", {"a": 1.2345678901234568e29}),
    ],
)
def test_bodies_are_read_leniently(body, content_type, data):
    assert Arrival({"content-type": content_type}, "", body).data == data


@pytest.mark.parametrize(
    "body",
    [b"", b"<xml/>", b"{", b"[" * 100_000, b"[" * 150 + b"]" * 150, b'{"a":' * 200 + b"1" + b"}" * 200],
)
def test_what_cannot_be_read(body):
    with pytest.raises(NotReadable):
        _ = Arrival({}, "", body).data


def test_huge_numbers_are_numbers_that_can_be_written_again():
    data = Arrival({}, "", b'{"a": NaN, "b": %s}' % (b"9" * 400)).data

    assert json.dumps(data) == '{"a": NaN, "b": Infinity}'


@pytest.mark.parametrize(
    ("name", "secret", "complaint"),
    [
        ("standard", "…", "whsec_"),
        ("shopify", "…", "8 to 500"),
        ("gitlab", "short", "16 to 500"),
        ("gitlab", "with a space in the middle", "cannot be sent"),
        ("telegram", "пароль пароль пароль", "cannot be sent"),
        ("hmac", "x" * 501, "8 to 500"),
    ],
)
def test_weak_and_impossible_secrets_are_refused(name, secret, complaint):
    with pytest.raises(BadOption, match=complaint):
        preset(name).clean_secret(secret)


@pytest.mark.parametrize("name", PRESETS)
def test_a_secret_that_is_made_here_fits(name):
    one = preset(name)
    if one.secret_from is SecretFrom.SENDER:
        with pytest.raises(BadOption, match="from the sender"):
            one.new_secret()
    else:
        assert one.clean_secret(one.new_secret())


@pytest.mark.parametrize(
    ("name", "options", "field"),
    [
        ("hmac", {}, "header"),
        ("hmac", {"header": "a b"}, "header"),
        ("hmac", {"header": "X", "encoding": "rot13"}, "encoding"),
        ("hmac", {"header": 7}, "header"),
        ("hmac", {"header": "X", "id_field": "a..b"}, "id_field"),
        ("hmac", {"header": "X", "prefix": "x" * 41}, "prefix"),
        ("shopify", {"header": "X"}, "options"),
        ("token", {"colour": "red"}, "options"),
        ("token", [], "options"),
        ("ozon", {"networks": "195.34.21.0/33"}, "networks"),
        ("ozon", {"networks": "195.34.21.1/24"}, "networks"),
        ("ozon", {"networks": ","}, "networks"),
    ],
)
def test_bad_options_are_named(name, options, field):
    with pytest.raises(BadOption) as caught:
        preset(name).clean_options(options)

    assert caught.value.name == field


def test_an_unknown_preset():
    with pytest.raises(UnknownPreset):
        preset("none")


def test_bitrix24_is_proved_by_its_application_token_or_by_the_url():
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = b"event=ONCRMDEALUPDATE&data%5BFIELDS%5D%5BID%5D=662&auth%5Bapplication_token%5D="

    assert reason("bitrix24", form, body + TOKEN.encode()) == ""
    assert reason("bitrix24", form, body + b"another-token-of-theirs", query=f"token={TOKEN}") == ""
    assert reason("bitrix24", form, body + b"another-token-of-theirs") == "signature_wrong"
    assert reason("bitrix24", form, body) == "signature_missing"
    assert (
        reason("bitrix24", form, body + TOKEN.encode() + b"&auth%5Bapplication_token%5D=x")
        == "signature_missing"
    )
    assert (
        reason("bitrix24", form, b"\xff%5B=&auth[application_token]", query="token=%ff&token=a")
        == "signature_missing"
    )
    assert preset("bitrix24").event(arrived("bitrix24", form, body)) == "ONCRMDEALUPDATE"

"""No secret is kept, in whatever form it travelled."""

import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.masking import MASK
from integrations.http.masking import KEPT, Masker

SECRET = 'key/with +"odd"&=chars'


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=40).filter(lambda s: "•" not in s)
)
def test_the_value_itself_is_masked_in_every_form(secret):
    masker = Masker([secret])

    for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        assert masker.text(f"<<{form}>>") == f"<<{MASK}>>"


def test_headers_are_masked_by_name_and_value():
    masked = Masker([SECRET]).headers(
        {"X-API-KEY": "a", "authorization": "Bearer b", "X-Note": f"see {SECRET}", "Accept": "*/*"}
    )

    assert masked == {"X-API-KEY": MASK, "authorization": MASK, "X-Note": f"see {MASK}", "Accept": "*/*"}


def test_query_and_form_are_masked_by_name():
    masker = Masker([])

    assert masker.url("https://x.example/a?apiKey=1&page=2") == f"https://x.example/a?apiKey={MASK}&page=2"
    assert masker.body(
        b"access_token=1&a=%7B%22clientId%22%3A%22zz%22%7D", "application/x-www-form-urlencoded"
    ) == (f'access_token={MASK}\na={{"clientId":"{MASK}"}}')


@pytest.mark.parametrize(
    "name", ["password", "apiKey", "api_key", "refresh_token", "client_secret", "clientId"]
)
def test_json_is_masked_by_name(name):
    body = json.dumps({name: 'va"lue', "page": 1}).encode()

    assert json.loads(Masker([]).body(body, "application/json")) == {name: MASK, "page": 1}


def test_body_is_cut_after_masking_so_that_no_half_secret_remains():
    secret = "S" * 64
    body = ("x" * (KEPT - 32) + secret).encode()

    kept = Masker([secret]).body(body, "text/plain")

    assert "S" not in kept
    assert len(kept) <= KEPT + 1


def test_bytes_that_are_no_text_are_kept_readable():
    assert Masker([]).body(b"\xff\x00a", "") == "\ufffda"

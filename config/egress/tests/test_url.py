"""What may be saved as a target, in which spelling, and which problem is named otherwise."""

import pytest

from config.egress import UrlProblem, check_url


@pytest.fixture(autouse=True)
def _nothing_excepted(settings):
    settings.EGRESS_ALLOW = ""


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://example.com", "https://example.com/"),
        (" HTTPS://Example.COM:443/Hook?a=1&b=%20#part ", "https://example.com/Hook?a=1&b=%20"),
        ("http://example.com.:8080/x", "http://example.com:8080/x"),
        ("https://пример.рф/крюк", "https://xn--e1afmkfd.xn--p1ai/%D0%BA%D1%80%D1%8E%D0%BA"),
        ("https://hooks_1.example.com/", "https://hooks_1.example.com/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:4700::1111]:8443/a", "https://[2606:4700:4700::1111]:8443/a"),
    ],
)
def test_good_addresses_are_stored_in_one_spelling(typed, stored):
    assert check_url(typed) == stored


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "url_scheme"),
        ("example.com", "url_scheme"),
        ("ftp://example.com/", "url_scheme"),
        ("file:///etc/passwd", "url_scheme"),
        ("gopher://example.com/", "url_scheme"),
        ("https:///x", "url_host"),
        ("https://", "url_host"),
        ("https://user:pw@example.com/", "url_userinfo"),
        ("https://example.com@127.0.0.1/", "url_userinfo"),
        ("https://example.com\\@127.0.0.1/", "url_backslash"),
        ("https://example.com%5c@127.0.0.1/", "url_userinfo"),
        ("https://example.com%5c.evil.com/", "url_host"),
        ("https://exa\tmple.com/", "url_characters"),
        ("https://exam ple.com/", "url_characters"),
        ("https://example.com/a\nb", "url_characters"),
        ("https://[::1/", "url_malformed"),
        ("https://example..com/", "url_host"),
        ("https://example.com../", "url_host"),
        ("https://exam!ple.com/", "url_host"),
        ("https://example.com:99999/", "url_port"),
        ("https://example.com:abc/", "url_port"),
        ("https://example.com:22/", "url_port"),
        ("https://example.com:0/", "url_port"),
        ("http://127.0.0.1/", "url_private"),
        ("http://2130706433/", "url_private"),
        ("http://0x7f000001/", "url_private"),
        ("http://0x7f.1/", "url_private"),
        ("http://017700000001/", "url_private"),
        ("http://0177.0.0.1/", "url_private"),
        ("http://127.1/", "url_private"),
        ("http://①②⑦.⓪.⓪.①/", "url_private"),
        ("http://127。0。0。1/", "url_private"),
        ("http://[::1]/", "url_private"),
        ("http://[::ffff:127.0.0.1]/", "url_private"),
        ("http://169.254.169.254/latest/meta-data", "url_private"),
        ("http://metadata.google.internal/", "url_private"),
        ("http://localhost/", "url_private"),
        ("http://LOCALHOST./", "url_private"),
        ("http://a.localhost/", "url_private"),
        ("http://intranet/", "url_private"),
        ("http://crm.local/", "url_private"),
        ("http://crm.corp/", "url_private"),
    ],
)
def test_bad_addresses_name_the_problem(typed, code):
    with pytest.raises(UrlProblem) as caught:
        check_url(typed)

    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_local_names_follow_the_exceptions(settings):
    settings.EGRESS_ALLOW = "127.0.0.1/32:8082,10.0.0.0/8"

    assert check_url("http://localhost:8082/hook") == "http://localhost:8082/hook"
    assert check_url("http://crm.local/") == "http://crm.local/"
    assert check_url("http://10.1.2.3/") == "http://10.1.2.3/"
    for refused in ("http://localhost:8083/", "http://metadata.google.internal/", "http://192.168.0.1/"):
        with pytest.raises(UrlProblem):
            check_url(refused)


def test_a_low_port_may_be_opened_by_the_operator(settings):
    settings.EGRESS_ALLOW = "10.0.0.0/8:81"

    assert check_url("http://10.0.0.1:81/") == "http://10.0.0.1:81/"

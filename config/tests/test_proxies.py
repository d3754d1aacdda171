"""Whom the front believes when a request says where it comes from."""

from typing import Any

import pytest

from config.front.proxies import Origin, Proxies

OURS = Proxies(["10.0.0.0/8", "127.0.0.1"])


def scope(peer: str, **headers: str) -> dict[str, Any]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (peer, 4321), "scheme": "http", "headers": raw}


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),  # what lies beyond a stranger is that stranger's word
        ("203.0.113.9, 10.1.1.1", "203.0.113.9"),
        ("10.1.1.1", "10.1.1.1"),
        ("nonsense", "10.0.0.5"),
        ("203.0.113.9, nonsense", "10.0.0.5"),
        ("2001:db8::1", "2001:db8::1"),
        ("", "10.0.0.5"),
    ],
)
def test_a_trusted_proxy_names_the_client(forwarded: str, client: str) -> None:
    origin = OURS.origin(scope("10.0.0.5", x_forwarded_for=forwarded, x_forwarded_proto="https"))

    assert origin == Origin(client, "https")


def test_a_stranger_is_not_believed() -> None:
    origin = OURS.origin(scope("203.0.113.50", x_forwarded_for="1.2.3.4", x_forwarded_proto="https"))

    assert origin == Origin("203.0.113.50", "http")


def test_without_proxies_nobody_is_believed() -> None:
    origin = Proxies([]).origin(scope("127.0.0.1", x_forwarded_for="1.2.3.4", x_forwarded_proto="https"))

    assert origin == Origin("127.0.0.1", "http")


def test_a_mapped_address_counts_as_the_address_it_maps() -> None:
    origin = OURS.origin(scope("::ffff:10.0.0.5", x_forwarded_for="203.0.113.9"))

    assert origin.client == "203.0.113.9"


@pytest.mark.parametrize("scheme", ["ftp", "", "https, gopher"])
def test_an_unknown_scheme_is_ignored(scheme: str) -> None:
    assert OURS.origin(scope("10.0.0.5", x_forwarded_proto=scheme)).scheme == "http"

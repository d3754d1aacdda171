"""The session against a real loopback server: what is denied never reaches it."""

import socket

import pytest
import requests

from config.egress import EgressDenied
from config.egress.requests_adapter import session
from config.egress.tests.loopback import loopback_server


@pytest.fixture
def server():
    with loopback_server() as running:
        yield running


@pytest.fixture
def port(server):
    return server.server_address[1]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_loopback_is_denied_in_every_spelling(settings, server, port, host):
    settings.EGRESS_ALLOW = ""

    with pytest.raises(EgressDenied):
        session().get(f"http://{host}:{port}/", timeout=5)

    assert server.accepted == 0


def test_an_exception_lets_the_request_through_and_the_connection_is_kept(settings, server, port):
    settings.EGRESS_ALLOW = f"127.0.0.1/32:{port}"

    with session() as http:
        answers = [http.get(f"http://127.0.0.1:{port}/", timeout=5).status_code for _ in range(3)]

    assert answers == [200, 200, 200]
    assert server.accepted == 1


@pytest.mark.parametrize("follow", [True, False])
def test_redirects_are_never_followed(settings, server, port, follow):
    settings.EGRESS_ALLOW = f"127.0.0.1/32:{port}"

    answer = session().get(f"http://127.0.0.1:{port}/redirect", timeout=5, allow_redirects=follow)

    assert answer.status_code == 302
    assert answer.history == []


def test_a_name_with_one_private_answer_is_denied_whole(settings, monkeypatch, server, port):
    settings.EGRESS_ALLOW = ""
    answers = [_answer("93.184.216.34", port), _answer("127.0.0.1", port)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answers)

    with pytest.raises(EgressDenied):
        session().get(f"http://mixed.example:{port}/", timeout=5)

    assert server.accepted == 0


def test_a_rebinding_name_gets_one_look_up_per_connection(settings, monkeypatch, server, port):
    settings.EGRESS_ALLOW = f"127.0.0.1/32:{port}"
    lookups = []

    def resolver(*args, **kwargs):
        lookups.append(args[0])
        # The first look-up gives an allowed address, every later one a private address that is not.
        return [_answer("127.0.0.1" if len(lookups) == 1 else "127.0.0.2", port)]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    assert session().get(f"http://rebind.example:{port}/", timeout=5).status_code == 200
    with pytest.raises(EgressDenied):
        session().get(f"http://rebind.example:{port}/", timeout=5)
    assert lookups == ["rebind.example", "rebind.example"]
    assert server.accepted == 1


def test_proxies_of_the_environment_are_ignored_and_given_ones_refused(settings, monkeypatch, server, port):
    settings.EGRESS_ALLOW = f"127.0.0.1/32:{port}"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert session().get(f"http://127.0.0.1:{port}/", timeout=5).status_code == 200
    with pytest.raises(ValueError, match="proxy"):
        session().get(f"http://127.0.0.1:{port}/", timeout=5, proxies={"http": "http://127.0.0.1:1"})


def test_ordinary_failures_stay_ordinary(settings, monkeypatch):
    settings.EGRESS_ALLOW = "127.0.0.1/32"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]

    with pytest.raises(requests.ConnectionError):
        session().get(f"http://127.0.0.1:{port}/", timeout=5)

    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(requests.ConnectionError):
        session().get("http://nowhere.example/", timeout=5)


def _answer(address: str, port: int):
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))

"""libcurl behind the gate: a denied address gets no socket, an excepted one is dialled."""

import pycurl
import pytest

from config.egress.curl import guard
from config.egress.tests.loopback import loopback_server


@pytest.fixture
def server():
    with loopback_server() as running:
        yield running


@pytest.fixture
def handle():
    made = pycurl.Curl()
    made.setopt(pycurl.WRITEFUNCTION, lambda chunk: None)
    made.setopt(pycurl.TIMEOUT, 5)
    yield made
    made.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ],
)
def test_loopback_is_denied_in_every_spelling(settings, server, handle, host):
    settings.EGRESS_ALLOW = ""
    gate = guard(handle)
    handle.setopt(pycurl.URL, f"http://{host}:{server.server_address[1]}/")

    with pytest.raises(pycurl.error):
        handle.perform()

    assert gate.denied
    assert server.accepted == 0


def test_an_exception_is_dialled_and_redirects_and_proxies_are_not_followed(
    settings, monkeypatch, server, handle
):
    port = server.server_address[1]
    settings.EGRESS_ALLOW = f"127.0.0.1/32:{port}"
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    gate = guard(handle)
    handle.setopt(pycurl.URL, f"http://127.0.0.1:{port}/redirect")

    handle.perform()

    assert handle.getinfo(pycurl.RESPONSE_CODE) == 302
    assert not gate.denied
    assert server.accepted == 1


@pytest.mark.parametrize("answers", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"]])
def test_after_one_denied_answer_the_rest_are_refused(settings, server, handle, answers):
    port = server.server_address[1]
    settings.EGRESS_ALLOW = ""
    gate = guard(handle)
    handle.setopt(pycurl.RESOLVE, [f"mixed.example:{port}:{','.join(answers)}"])
    handle.setopt(pycurl.URL, f"http://mixed.example:{port}/")

    with pytest.raises(pycurl.error):
        handle.perform()

    assert gate.denied
    assert server.accepted == 0


def test_other_protocols_are_refused(handle):
    guard(handle)
    handle.setopt(pycurl.URL, "file:///etc/hostname")

    with pytest.raises(pycurl.error) as caught:
        handle.perform()

    assert caught.value.args[0] == pycurl.E_UNSUPPORTED_PROTOCOL

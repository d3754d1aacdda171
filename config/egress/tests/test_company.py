"""A company's own exceptions: they open its intranet to itself and to nobody else, and never what nobody may reach."""

import pycurl
import pytest

from config.egress import EgressDenied, UrlProblem, check_address, check_url
from config.egress.curl import admit, guard
from config.egress.networks import METADATA
from config.egress.requests_adapter import session
from config.egress.tests.loopback import loopback_server

INTRANET = "10.1.2.0/24,192.168.7.7/32:8080"


@pytest.fixture(autouse=True)
def _nothing_for_all(settings):
    settings.EGRESS_ALLOW = ""


def test_only_what_it_names():
    check_address("10.1.2.3", 443, INTRANET)
    check_address("192.168.7.7", 8080, INTRANET)
    for address, port in (("10.1.3.1", 443), ("192.168.7.7", 443), ("127.0.0.1", 80)):
        with pytest.raises(EgressDenied):
            check_address(address, port, INTRANET)
    with pytest.raises(EgressDenied):
        check_address("10.1.2.3", 443)


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_never_the_machines_own_credentials(address):
    with pytest.raises(EgressDenied):
        check_address(address, 80, "0.0.0.0/0,::/0")


def test_saving_knows_the_same_exceptions():
    assert check_url("http://10.1.2.3/crm", INTRANET) == "http://10.1.2.3/crm"
    assert check_url("http://crm.local/", INTRANET) == "http://crm.local/"
    for url in ("http://10.1.2.3/crm", "http://crm.local/"):
        with pytest.raises(UrlProblem):
            check_url(url)


def test_sessions_of_two_companies():
    with loopback_server() as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        ours = session(extra="127.0.0.0/8")
        assert ours.get(url, timeout=5).status_code == 200
        for other in (session(), session(extra="10.0.0.0/8")):
            with pytest.raises(EgressDenied):
                other.get(url, timeout=5)
        assert ours.get(url, timeout=5).status_code == 200


def test_a_connection_that_an_exception_let_through_serves_nobody_else():
    """libcurl would hand a kept connection to the next transfer to that host, without asking the gate."""
    with loopback_server() as server:
        url = f"http://127.0.0.1:{server.server_port}/"
        handle = pycurl.Curl()
        gate = guard(handle)
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.WRITEFUNCTION, lambda chunk: None)
        admit(handle, gate, "127.0.0.0/8")
        handle.perform()
        assert handle.getinfo(pycurl.RESPONSE_CODE) == 200

        admit(handle, gate, "")
        with pytest.raises(pycurl.error):
            handle.perform()

        assert gate.denied
        handle.close()


def test_a_name_that_changes_its_address_is_asked_about_again(settings):
    """A rebinding name: allowed at first, then it leads elsewhere. The address that is dialled decides each time."""
    settings.EGRESS_ALLOW = "127.0.0.1/32"
    with loopback_server() as server:
        port = server.server_port
        handle = pycurl.Curl()
        gate = guard(handle)
        handle.setopt(pycurl.URL, f"http://rebind.example:{port}/")
        handle.setopt(pycurl.WRITEFUNCTION, lambda chunk: None)
        handle.setopt(pycurl.FORBID_REUSE, 1)
        handle.setopt(pycurl.RESOLVE, [f"rebind.example:{port}:127.0.0.1"])
        handle.perform()
        assert handle.getinfo(pycurl.RESPONSE_CODE) == 200

        handle.setopt(pycurl.RESOLVE, [f"-rebind.example:{port}", f"rebind.example:{port}:127.0.0.2"])
        with pytest.raises(pycurl.error):
            handle.perform()

        assert gate.denied
        assert server.accepted == 1
        handle.close()

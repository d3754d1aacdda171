"""Every edge of every denied block, both sides of it, and the exceptions."""

from ipaddress import ip_address

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.egress import EgressDenied, check_address
from config.egress.allow import parse_allow_list
from config.egress.networks import DENIED_V4, DENIED_V6, METADATA

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
)


def allowed(address: str, port: int = 443) -> bool:
    try:
        check_address(address, port)
    except EgressDenied:
        return False
    return True


@pytest.fixture(autouse=True)
def _nothing_excepted(settings):
    settings.EGRESS_ALLOW = ""


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_pass(address):
    assert allowed(address)


@pytest.mark.parametrize("block", DENIED_V4 + DENIED_V6, ids=str)
def test_both_edges_of_a_denied_block_are_denied(block):
    assert not allowed(str(block[0]))
    assert not allowed(str(block[-1]))


@pytest.mark.parametrize(
    ("outside", "passes"),
    [
        ("9.255.255.255", True),
        ("11.0.0.0", True),
        ("126.255.255.255", True),
        ("128.0.0.0", True),
        ("169.253.255.255", True),
        ("169.255.0.0", True),
        ("172.15.255.255", True),
        ("191.255.255.255", True),
        ("192.167.255.255", True),
        ("192.169.0.0", True),
        ("198.17.255.255", True),
        ("198.20.0.0", True),
        ("2001:200::1", True),
        ("2001:db7:ffff::1", True),
        ("2001:db9::1", True),
        ("2003::1", True),
        ("3fff:1000::1", True),
        ("5f01::1", True),
        ("fbff:ffff::1", True),
    ],
)
def test_neighbours_of_denied_blocks_pass(outside, passes):
    assert allowed(outside) is passes


@pytest.mark.parametrize(
    "address",
    [
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:808:808::",
        "2001:0:4136:e378::1",
        "fe80::1%eth0",
        "fec0::1",
        "255.255.255.255",
        "not an address",
    ],
)
def test_disguises_of_private_addresses_are_denied(address):
    assert not allowed(address)


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_metadata_stays_denied_whatever_the_operator_allows(settings, address):
    settings.EGRESS_ALLOW = "0.0.0.0/0,[::]/0"

    assert not allowed(address, 80)


@pytest.mark.parametrize(
    "address", ["::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::a9fe:a9fe"]
)
def test_metadata_in_disguise_stays_denied(settings, address):
    settings.EGRESS_ALLOW = "0.0.0.0/0,[::]/0"

    assert not allowed(address, 80)


def test_an_exception_opens_its_network_on_its_port_only(settings):
    settings.EGRESS_ALLOW = "127.0.0.1/32:8082, [::1]/128:9000,10.0.0.0/8,fd00::/8"

    assert allowed("127.0.0.1", 8082)
    assert allowed("::ffff:127.0.0.1", 8082)
    assert not allowed("127.0.0.1", 8083)
    assert not allowed("127.0.0.2", 8082)
    assert allowed("::1", 9000)
    assert not allowed("::1", 80)
    assert allowed("10.200.0.1", 1)
    assert allowed("64:ff9b::10.0.0.1", 1)
    assert allowed("fd12::1", 443)
    assert not allowed("192.168.0.1", 443)


def test_the_setting_may_be_a_list(settings):
    settings.EGRESS_ALLOW = ["10.0.0.0/8", "192.168.1.0/24:443"]

    assert allowed("10.0.0.1")
    assert allowed("192.168.1.9", 443)
    assert not allowed("192.168.1.9", 80)


@pytest.mark.parametrize(
    "text",
    ["localhost", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/8:0", "10.0.0.0/8:70000", "[::1:80", "::1]:80"],
)
def test_a_mistyped_exception_is_named(text):
    with pytest.raises(ImproperlyConfigured, match="EGRESS_ALLOW"):
        parse_allow_list(text)


def test_the_text_for_people_names_no_address():
    with pytest.raises(EgressDenied) as caught:
        check_address("10.1.2.3", 80)

    assert str(caught.value) == "target not allowed"


def test_every_denied_block_is_of_its_own_family():
    assert {ip_address(block[0]).version for block in DENIED_V4} == {4}
    assert {ip_address(block[0]).version for block in DENIED_V6} == {6}

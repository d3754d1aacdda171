"""What a person reads who presses "Test connection": each thing that can be wrong has a sentence of its own."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ValidationError

from integrations.capabilities import CheckState, Diagnosis
from telephony.actions.examine_exchange import diagnose, examine_exchange
from telephony.ami import AmiConnection
from telephony.ami.packets import text
from telephony.ami.simulator import AmiSimulator, account
from telephony.models import AmiAccess, AmiSecurity
from telephony.tests.factories import make_pbx
from tenants.models import AuditEntry
from tenants.scoping import tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def access(pbx) -> Iterator[AmiAccess]:
    with tenant_scope(pbx.tenant):
        yield AmiAccess.objects.select_related("tenant").get(pbx=pbx)


def failed(found: Diagnosis) -> tuple[str, str]:
    assert not found.works
    [last] = [check for check in found.checks if check.state == CheckState.FAILED]
    assert last is found.checks[-1]
    return str(last.title), str(last.text)


def test_what_works_is_said_with_the_version_and_the_clock(access, exchange):
    exchange.clock_ahead = -3600.0

    found = diagnose(access)

    assert found.works
    assert {str(check.title): check.state.value for check in found.checks} == {
        "The host can be reached": "passed",
        "Encryption": "passed",
        "The manager interface answers": "passed",
        "User name and password": "passed",
        "Version": "passed",
        "Clock": "warning",
        "Hears of restarts": "passed",
        "May list the calls that go on": "passed",
        "May list how the phones stand": "passed",
        "May not run commands": "passed",
    }
    assert "3600" in str(found.checks[5].text)


def test_rights_that_are_missing_or_too_many_are_warned_of(access, exchange):
    exchange.accounts["hub"] = account("hub-secret", read="call", write="originate,command")

    found = diagnose(access)

    assert found.works
    warned = [str(check.title) for check in found.checks if check.state == CheckState.WARNING]
    assert warned == [
        "Hears of restarts",
        "May list the calls that go on",
        "May list how the phones stand",
        "May not run commands",
    ]


def test_a_wrong_password(access):
    access.secret = "wrong"

    assert failed(diagnose(access)) == (
        "User name and password",
        "The exchange refused user name or password. Check them in manager.conf, and “permit” there: it has to name our address.",
    )


def test_a_name_that_nobody_has(access):
    access.host = "no-such-host.invalid"

    title, said = failed(diagnose(access))

    assert title == "The host can be reached"
    assert said.startswith("The host's name cannot be resolved")


def test_a_port_where_nobody_listens(access, exchange):
    exchange.stop()

    assert failed(diagnose(access))[1].startswith("The connection was refused")


def test_a_private_address_without_leave(access, settings):
    settings.EGRESS_ALLOW = ""

    assert failed(diagnose(access))[1].startswith("The address is in a private network")


def test_a_host_that_says_nothing(access, exchange, monkeypatch):
    from telephony.ami import connection

    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.2)
    exchange.banner = b""

    assert failed(diagnose(access))[1].startswith("The host does not answer")


@pytest.mark.parametrize(
    "banner", [b"SSH-2.0-OpenSSH_9.2\r\n", b"x" * 1000, b"HTTP/1.1 400 Bad Request\r\n\r\n"]
)
def test_something_else_that_answers_there(access, exchange, banner):
    exchange.banner = banner

    title, said = failed(diagnose(access))

    assert title == "The manager interface answers"
    assert said.startswith("Something else answers there")


def test_encryption_where_there_is_none(access):
    access.security = AmiSecurity.TLS

    assert failed(diagnose(access))[0] == "Encryption"


def test_an_encrypted_exchange_is_checked_by_its_certificate(pbx, settings, tmp_path):
    with encrypted(tmp_path) as (exchange, ca), tenant_scope(pbx.tenant):
        access = AmiAccess.objects.select_related("tenant").get(pbx=pbx)
        access.port, access.security = exchange.port, AmiSecurity.TLS

        assert failed(diagnose(access))[0] == "Encryption"

        access.ca = ca
        access.full_clean()
        assert diagnose(access).works
        access.security, access.ca = AmiSecurity.TLS_ANY, ""
        assert diagnose(access).works
        with AmiConnection.open(access) as ami:
            assert text(ami.act("Ping"), "Ping") == "Pong"
            ami.forget_events()
            assert ami.batch(0.01) == []


@pytest.mark.parametrize(
    ("field", "value"), [("ca", "no certificate"), ("host", "a\r\nb"), ("username", "a\nAction: Command")]
)
def test_what_cannot_be_is_not_saved(access, field, value):
    setattr(access, field, value)

    with pytest.raises(ValidationError) as refused:
        access.full_clean()
    assert list(refused.value.message_dict) == [field]


def test_a_test_is_audited_and_needs_an_access(pbx, tenant):
    with tenant_scope(tenant):
        assert examine_exchange(pbx).works
        [entry] = AuditEntry.objects.filter(action="pbx.tested")
        assert entry.after == {"works": True}
        assert str(examine_exchange(make_pbx(tenant)).summary) == "There is no manager interface to try."


def test_an_exchange_that_drips_is_given_up(access, monkeypatch):
    from telephony.ami import connection

    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.3)
    server = socket.create_server(("127.0.0.1", 0))
    access.port = server.getsockname()[1]
    stop = threading.Event()

    def drip() -> None:
        sock, _address = server.accept()
        with sock:
            while not stop.wait(0.1):
                try:
                    sock.sendall(b"A")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        assert failed(diagnose(access))[1].startswith("The host does not answer")
    finally:
        stop.set()
        server.close()
        thread.join(60)


@contextmanager
def encrypted(folder: Path) -> Iterator[tuple[AmiSimulator, str]]:
    """An exchange that speaks TLS, and the certificate that proves it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exchange")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    file = folder / "exchange.pem"
    file.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    with AmiSimulator(tls=context) as exchange:
        yield exchange, pem.decode()

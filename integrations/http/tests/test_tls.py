"""What took how long on the way to a real TLS server, and what becomes of a certificate that nobody vouches for."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.http.bounds import Attempt
from integrations.http.draft import Outgoing
from integrations.http.transport import Transport
from tenants.errors import TransientError

HANDSHAKE_SECONDS = 0.05  # so long the server waits before it takes part in it
THINKING_SECONDS = 0.08  # and so long before it answers

PAUSE = threading.Event()  # never set


@dataclass(frozen=True, slots=True)
class Peer:
    url: str
    certificate: Path


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate of localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate, secret


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """The handshake happens here, in the connection's own thread."""
        PAUSE.wait(HANDSHAKE_SECONDS)
        self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        PAUSE.wait(THINKING_SECONDS)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate goes away in the middle of the handshake."""


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    certificate, key = certify(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Quiet(("127.0.0.1", 0), Answering)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield Peer(f"https://localhost:{server.server_port}/", certificate)
    server.shutdown()
    server.server_close()
    thread.join(60)


def get(transport: Transport, url: str) -> Attempt:
    attempt = Attempt(20, read_limit=20)
    assert transport.send(attempt, Outgoing("GET", url, {}, None)).status == 200
    return attempt


def test_each_part_of_the_way_is_timed(peer: Peer) -> None:
    transport = Transport()
    transport._session.verify = str(peer.certificate)

    first = get(transport, peer.url)
    second = get(transport, peer.url)
    transport.close()

    assert None not in first.timings().values()
    dns, connect, tls, first_byte = first.timings().values()
    assert tls is not None
    assert dns is not None
    assert connect is not None
    assert first_byte is not None
    # Connecting is done when the listening socket takes it, before the server does anything.
    assert tls >= HANDSHAKE_SECONDS * 1000
    assert first_byte >= (HANDSHAKE_SECONDS + THINKING_SECONDS) * 1000
    assert dns + connect + tls <= first_byte <= first.elapsed_ms()
    # The kept connection: nothing to look up, to connect or to shake hands about.
    assert [second.dns_ms, second.connect_ms, second.tls_ms] == [None, None, None]
    assert second.first_byte_ms is not None
    assert second.first_byte_ms >= THINKING_SECONDS * 1000


def test_a_certificate_that_nobody_vouches_for_is_refused_and_said(peer: Peer) -> None:
    transport = Transport()
    attempt = Attempt(20, read_limit=20)

    with pytest.raises(TransientError, match="certificate") as refused:
        transport.send(attempt, Outgoing("GET", peer.url, {}, None))
    transport.close()

    assert "self-signed certificate" in refused.value.detail
    assert attempt.first_byte_ms is None
    assert attempt.dns_ms is not None
    assert attempt.connect_ms is not None

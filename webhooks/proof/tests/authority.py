"""Certificates made for a test: an authority, and what it signs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Pair:
    certificate: str
    key: str


class Authority:
    """Signs whatever it is asked for."""

    def __init__(self, name: str = "Test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._certificate = self._signed(self._name, self._key, timedelta(days=1), is_authority=True)
        self.pem = self._certificate.public_bytes(Encoding.PEM).decode()

        self.own = _pair(self._certificate, self._key)
        """Its own certificate and key, as of a server that signed for itself."""

    def issue(
        self,
        name: str,
        lasting: timedelta = timedelta(days=90),
        host: str = "127.0.0.1",
        beginning: timedelta = timedelta(days=-2),
    ) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        return _pair(self._signed(_name(name), key, lasting, host=host, beginning=beginning), key)

    def _signed(
        self, name, key, lasting, *, is_authority=False, host="127.0.0.1", beginning=timedelta(days=-2)
    ):
        now = datetime.now(UTC)
        try:
            other: x509.GeneralName = x509.IPAddress(ip_address(host))
        except ValueError:
            other = x509.DNSName(host)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + beginning)
            .not_valid_after(now + lasting)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([other]), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(certificate.public_bytes(Encoding.PEM).decode(), plain.decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

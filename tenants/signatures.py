"""Signed requests: a small, strict subset of HTTP Message Signatures (RFC 9421) with hmac-sha256.

One signature a request. It covers `@method`, `@path` and `@query`, and `content-digest` (RFC 9530, sha-256) when there is a
body; further plain header fields may be covered. Its parameters are `created`, `keyid` and `nonce`, all needed, and `alg`,
`expires` and `tag`, which may be left out. A signature is good for five minutes either way, its nonce once.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from tenants.models import ApiKey, SeenNonce
from tenants.scoping import tenant_scope

WINDOW = timedelta(minutes=5)
NONCES_KEPT = 2 * WINDOW + timedelta(minutes=1)
ALGORITHM = "hmac-sha256"
NEEDED = ("@method", "@path", "@query")
MOST_COMPONENTS = 20

_INPUT = re.compile(
    r'([a-z*][a-z0-9_.*-]{0,31})=(\(((?:"[a-z0-9@_.*-]{1,64}")(?: "[a-z0-9@_.*-]{1,64}")*)\)((?:;[^,]*)?))\Z'
)
_PARAMETER = re.compile(r';([a-z]+)=(?:([0-9]{1,15})|"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})")')
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_.*-]{0,31})=:([A-Za-z0-9+/]{1,200}={0,2}):\Z")
_DIGEST = re.compile(r"(?:\A|,\s*)sha-256=:([A-Za-z0-9+/]{43}=):")
NUMBERS, TEXTS = {"created", "expires"}, {"keyid", "nonce", "alg", "tag"}


class BadSignature(Exception):
    """What is wrong, in words for whoever writes the client; says nothing that helps to forge one."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the two header fields say. `parameters` is the signed text behind the label."""

    components: tuple[str, ...]
    parameters: str
    key_id: str
    nonce: str
    created: int
    expires: int | None
    value: bytes


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """The parts of a request that a signature can cover. Header names are in lower case."""

    method: str
    path: str
    query: str
    authority: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, request: HttpRequest) -> "SignedRequest":
        return cls(
            method=request.method or "",
            path=escape_uri_path(request.path),
            query="?" + request.META.get("QUERY_STRING", ""),
            authority=request.get_host().lower(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
        )

    def component(self, name: str) -> str:
        derived = {
            "@method": self.method,
            "@path": self.path,
            "@query": self.query,
            "@authority": self.authority,
        }
        value = derived.get(name) if name.startswith("@") else self.headers.get(name)
        if value is None:
            raise BadSignature(
                _("The signature covers “%(name)s”, which the request lacks.") % {"name": name}
            )
        return value.strip()


def parse_signature(given: str, signature: str) -> Signature:
    """The one signature of a request; BadSignature for anything outside the subset."""
    found, value = _INPUT.match(given), _SIGNATURE.match(signature)
    if found is None or value is None or found[1] != value[1]:
        raise BadSignature(_("Signature-Input and Signature must hold one signature of the documented form."))
    parameters = _parameters(found[4])
    for name in ("created", "keyid", "nonce"):
        if name not in parameters:
            raise BadSignature(_("The signature's parameter “%(name)s” is missing.") % {"name": name})
    if parameters.get("alg", ALGORITHM) != ALGORITHM:
        raise BadSignature(_("The only algorithm is hmac-sha256."))
    if len(parameters["nonce"]) > SeenNonce._meta.get_field("nonce").max_length:  # type: ignore[operator]
        raise BadSignature(_("The nonce is too long."))
    components = tuple(found[3].strip('"').split('" "'))
    if len(components) > MOST_COMPONENTS or len(set(components)) != len(components):
        raise BadSignature(_("The signature covers a part of the request twice, or too many of them."))
    return Signature(
        components=components,
        parameters=found[2],
        key_id=parameters["keyid"],
        nonce=parameters["nonce"],
        created=int(parameters["created"]),
        expires=int(parameters["expires"]) if "expires" in parameters else None,
        value=_decoded(value[2]),
    )


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    end = 0
    for one in _PARAMETER.finditer(text):
        name, number, words = one.groups()
        if one.start() != end or name in found or name not in (TEXTS if number is None else NUMBERS):
            break
        found[name], end = number if words is None else words, one.end()
    if end != len(text):
        raise BadSignature(_("The signature has a parameter that is unknown, repeated or malformed."))
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadSignature(_("The signature is not base64.")) from error


def verify(request: SignedRequest, signature: Signature, secrets: Sequence[str], now: datetime) -> None:
    """BadSignature unless it is fresh, covers what it must, fits the body, and was made with one of the secrets."""
    _check_time(signature, now)
    needed = (*NEEDED, "content-digest") if request.body else NEEDED
    for name in needed:
        if name not in signature.components:
            raise BadSignature(_("The signature must cover “%(name)s”.") % {"name": name})
    if "content-digest" in signature.components:
        _check_digest(request)
    base = signature_base(request, signature.components, signature.parameters)
    # All are tried, so that the time does not tell which of them fits.
    fits = [
        hmac.compare_digest(hmac.new(secret.encode(), base, hashlib.sha256).digest(), signature.value)
        for secret in secrets
    ]
    if not any(fits):
        raise BadSignature(_("The signature does not fit the request."))


def signature_base(request: SignedRequest, components: Sequence[str], parameters: str) -> bytes:
    """What is signed: a line for each component, and the parameters (RFC 9421, 2.5)."""
    lines = [f'"{name}": {request.component(name)}' for name in components]
    return "\n".join([*lines, f'"@signature-params": {parameters}']).encode("utf-8", "surrogateescape")


def spend_nonce(key: ApiKey, nonce: str) -> bool:
    """Whether it is the first time that this key uses it. The database keeps it, for every web process alike."""
    with tenant_scope(key.tenant):
        try:
            with transaction.atomic():
                SeenNonce.objects.create(tenant=key.tenant, key=key, nonce=nonce)
        except IntegrityError:
            return False
    return True


def _check_time(signature: Signature, now: datetime) -> None:
    if abs(now.timestamp() - signature.created) > WINDOW.total_seconds():
        raise BadSignature(
            _("The signature was made too long ago, or the clocks differ by more than five minutes.")
        )
    if signature.expires is not None and signature.expires < now.timestamp():
        raise BadSignature(_("The signature has expired."))


def _check_digest(request: SignedRequest) -> None:
    given = _DIGEST.search(request.headers.get("content-digest", ""))
    if given is None:
        raise BadSignature(_("Content-Digest must hold sha-256."))
    wanted = base64.b64encode(hashlib.sha256(request.body).digest())
    if not hmac.compare_digest(given[1].encode(), wanted):
        raise BadSignature(_("Content-Digest does not fit the body."))

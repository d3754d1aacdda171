"""How a request is signed for its receiver: Standard Webhooks, or the way of somebody whose receivers are there already."""

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from webhooks.asymmetric import PRIVATE, BadPrivateKey, new_private_key, private_key, public_key
from webhooks.headers import NAME, RESERVED
from webhooks.signing import BadSecret, new_secret, signature_header, signing_key

STANDARD: Final = "standard"
ASYMMETRIC: Final = "ed25519"
# Neither of these has options.
OF_STANDARD: Final = (STANDARD, ASYMMETRIC)
SCHEMES: Final = (STANDARD, ASYMMETRIC, "github", "stripe", "shopify", "token", "custom", "none")
# What the keys of a scheme mean: `value` is the header's, with {signature} of the newest secret, or {signatures} of all
# that are live, each as `entry` says; `signed` is what is signed; `key` is the secret as text, or what its base64 stands for.
_PRESETS: Final[Mapping[str, Mapping[str, str]]] = {
    "github": {"header": "X-Hub-Signature-256", "value": "sha256={signature}", "signed": "{body}"},
    "stripe": {
        "header": "Stripe-Signature",
        "value": "t={timestamp},{signatures}",
        "entry": "v1={signature}",
        "signed": "{timestamp}.{body}",
    },
    "shopify": {"header": "X-Shopify-Hmac-SHA256", "signed": "{body}", "encoding": "base64"},
    "token": {"header": "Authorization", "value": "Bearer {secret}"},
    "custom": {"header": "X-Signature", "signed": "{body}"},
}
_DEFAULTS: Final[Mapping[str, str]] = {
    "value": "{signature}",
    "entry": "{signature}",
    "signed": "{body}",
    "algorithm": "sha256",
    "encoding": "hex",
    "key": "text",
}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "algorithm": ("sha256", "sha1", "sha384", "sha512"),
    "encoding": ("hex", "base64"),
    "key": ("text", "base64"),
}
_TOKENS: Final[Mapping[str, frozenset[str]]] = {
    "value": frozenset({"signature", "signatures", "timestamp", "id"}),
    "entry": frozenset({"signature"}),
    "signed": frozenset({"body", "timestamp", "id"}),
}
_OF_TOKEN: Final = frozenset({"header", "value"})
OPTIONS: Final = ("header", "value", "entry", "signed", *_CHOICES)
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_PRINTABLE: Final = re.compile(r"[\x20-\x7e]{1,200}\Z")
_SECRET: Final = re.compile(r"[!-~]{8,200}\Z")

Sign = Callable[[Sequence[bytes], str, int, bytes], list[str]]


@dataclass(frozen=True, slots=True)
class Scheme:
    """`sign` gives the header lines for live keys, the id, the timestamp and the body."""

    sign: Sign
    key_of: Callable[[str], bytes]
    fixed: Callable[[str], str] | None = (
        None  # a header line that holds the secret itself, and is masked in the log
    )
    fixed_name: str = ""


def scheme_of(signing: Mapping[str, str]) -> Scheme:
    """The scheme of an endpoint's cleaned `signing`, which is empty for Standard Webhooks."""
    name = signing.get("scheme", STANDARD)
    if name in OF_STANDARD:
        return Scheme(_standard, _standard_key)
    if name == "none":
        return Scheme(_nothing, _text_key)
    rules = {**_DEFAULTS, **_PRESETS[name], **signing}
    if name == "token":
        return Scheme(
            _nothing,
            _text_key,
            lambda secret: f"{rules['header']}: {rules['value'].replace('{secret}', secret)}",
            rules["header"],
        )
    return Scheme(_hmac(rules), signing_key if rules["key"] == "base64" else _text_key)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a receiver has to compute; the texts have the places of `signing`, and {secret} for a token.

    {signatures} of `value` stands for several with `separator` between them, each in the form of `entry`.
    """

    header: str
    value: str
    entry: str
    signed: str
    separator: str
    algorithm: str
    encoding: str
    is_key_base64: bool
    is_token: bool = False


def recipe_of(signing: Mapping[str, str]) -> Recipe | None:
    """None where nothing is signed, or not with a secret that both sides share."""
    name = signing.get("scheme", STANDARD)
    if name in ("none", ASYMMETRIC):
        return None
    if name == STANDARD:
        return Recipe(
            header="webhook-signature",
            value="{signatures}",
            entry="v1,{signature}",
            signed="{id}.{timestamp}.{body}",
            separator=" ",
            algorithm="sha256",
            encoding="base64",
            is_key_base64=True,
        )
    rules = {**_DEFAULTS, **_PRESETS[name], **signing}
    return Recipe(
        header=rules["header"],
        value=rules["value"],
        entry=rules["entry"],
        signed=rules["signed"],
        separator=",",
        algorithm=rules["algorithm"],
        encoding=rules["encoding"],
        is_key_base64=rules["key"] == "base64",
        is_token=name == "token",
    )


def check_secret(signing: Mapping[str, str], secret: str) -> None:
    """BadSecret when this scheme cannot use it. Secrets of v1 and keys of v1a sign beside one another, so that either follows."""
    scheme_of(signing).key_of(secret)


def check_new_secret(signing: Mapping[str, str], secret: str) -> None:
    """BadSecret when it is none that this scheme wants from now on."""
    name = signing.get("scheme", STANDARD)
    if name == ASYMMETRIC:
        _private_key(secret)
    elif name == STANDARD:
        signing_key(secret)
    else:
        check_secret(signing, secret)


def made_secret(signing: Mapping[str, str]) -> str:
    return new_private_key() if signing.get("scheme") == ASYMMETRIC else new_secret()


def secret_to_show(secret: str) -> str | None:
    """A private key is shown to nobody, not even once: its public one is what a receiver needs."""
    return None if secret.startswith(PRIVATE) else secret


def public_key_of(secret: str) -> str | None:
    return public_key(secret) if secret.startswith(PRIVATE) else None


def clean_signing(signing: object) -> dict[str, str]:
    """The scheme and what it was told beside its preset; ValidationError names the key."""
    if not isinstance(signing, Mapping):
        raise ValidationError(_("Signing is described by pairs of name and value."))
    found = {str(name): str(value) for name, value in signing.items() if value not in ("", None)}
    scheme = found.pop("scheme", STANDARD)
    if scheme not in SCHEMES:
        raise _wrong("scheme", _("known are %(known)s") % {"known": ", ".join(SCHEMES)})
    allowed: Any = () if scheme in (*OF_STANDARD, "none") else _OF_TOKEN if scheme == "token" else OPTIONS
    for name, value in found.items():
        if name not in allowed:
            raise _wrong(name, _("this scheme has no such option"))
        _check(name, value, scheme)
    return {} if scheme == STANDARD else {"scheme": scheme, **found}


def _check(name: str, value: str, scheme: str) -> None:
    if not _PRINTABLE.match(value):
        raise _wrong(name, _("a text of printable ASCII characters, at most 200"))
    if name == "header" and (
        not NAME.fullmatch(value)
        or value.lower() in RESERVED
        or value.lower().startswith(("webhook-", "switchboard-"))
    ):
        raise _wrong(name, _("this header cannot be set"))
    if name in _CHOICES and value not in _CHOICES[name]:
        raise _wrong(name, _("known are %(known)s") % {"known": ", ".join(_CHOICES[name])})
    if name in _TOKENS:
        tokens = frozenset({"secret"}) if scheme == "token" else _TOKENS[name]
        used = set(_PLACE.findall(value))
        if not used or used - tokens:
            shown = ", ".join(f"{{{token}}}" for token in sorted(tokens))
            raise _wrong(name, _("a text with one of %(known)s") % {"known": shown})


def _wrong(name: str, what: Any) -> ValidationError:
    return ValidationError(_("%(name)s: %(what)s."), params={"name": name[:50], "what": what}, code="signing")


def _standard_key(secret: str) -> bytes:
    return _private_key(secret) if secret.startswith(PRIVATE) else signing_key(secret)


def _private_key(secret: str) -> bytes:
    try:
        return private_key(secret)
    except BadPrivateKey as error:
        raise BadSecret(error.message) from error


def _text_key(secret: str) -> bytes:
    if secret.startswith(PRIVATE):
        raise BadSecret(_("A private key cannot be used as a shared secret."))
    if not _SECRET.match(secret):
        raise BadSecret(_("A secret has 8 to 200 printable ASCII characters without spaces."))
    return secret.encode()


def _standard(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> list[str]:
    return [f"webhook-signature: {signature_header(keys, id_, timestamp, body)}"]


def _nothing(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> list[str]:
    return []


def _hmac(rules: Mapping[str, str]) -> Sign:
    pieces = _PLACE.split(rules["signed"])
    texts, names = [one.encode() for one in pieces[0::2]], pieces[1::2]
    algorithm, is_hex = rules["algorithm"], rules["encoding"] == "hex"
    header, value, entry = rules["header"], rules["value"], rules["entry"]
    wants_all = "{signatures}" in value

    def digest(key: bytes, signed: bytes) -> str:
        made = hmac.digest(key, signed, algorithm)
        return made.hex() if is_hex else b64encode(made).decode()

    def sign(keys: Sequence[bytes], id_: str, timestamp: int, body: bytes) -> list[str]:
        values = {"id": id_.encode(), "timestamp": b"%d" % timestamp, "body": body}
        signed = texts[0] + b"".join(values[name] + text for name, text in zip(names, texts[1:], strict=True))
        digests = [digest(key, signed) for key in (keys if wants_all else keys[:1])]
        shown = {
            "signature": digests[0] if digests else "",
            "signatures": ",".join(entry.replace("{signature}", one) for one in digests),
            "timestamp": str(timestamp),
            "id": id_,
        }
        return [f"{header}: {_PLACE.sub(lambda match: shown[match[1]], value)}"]

    return sign

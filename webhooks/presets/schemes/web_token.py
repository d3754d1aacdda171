"""JSON Web Tokens in a header: one algorithm, chosen at the source and never by the token, and a key, a set of keys or its address."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidKeyError, PyJWTError
from jwt.types import Options

from webhooks.presets import key_sets
from webhooks.presets.arrival import Arrival
from webhooks.presets.schemes.comparing import MISSING, STALE, WRONG, is_digest

ALGORITHMS: Final = (
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
)
UNKNOWN: Final = "key_unknown"
LONGEST_TOKEN: Final = 8192
LEEWAY: Final = 30.0
MOST_KEYS: Final = 20
_UNCHECKED: Final[Options] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
    "enforce_minimum_key_length": False,  # keys are checked when they are entered (keys_of)
}


def web_token(arrival: Arrival, secret: str, tolerance: float) -> str:
    """Signature first, then the claims by the time of arrival. Without `exp`, `iat` must be recent: a token runs out."""
    if not _given(arrival):
        return MISSING
    token = _token(arrival)
    if not token:
        return WRONG
    claims = _claims(token, secret, arrival.options.get("algorithm") or "HS256")
    if claims is None and key_sets.is_place(secret) and not _is_named(secret, _name_of(token)):
        return UNKNOWN
    if claims is None or not _is_meant(claims, arrival):
        return WRONG
    return "" if _is_now(claims, arrival.at, tolerance) else STALE


def token_id(arrival: Arrival) -> str:
    """`jti` of a token that was proved already."""
    try:
        found = jwt.decode(_token(arrival), options={"verify_signature": False})
    except (PyJWTError, ValueError):
        return ""
    return found["jti"] if isinstance(found.get("jti"), str) else ""


def key_set_of(arrival: Arrival, secret: str) -> tuple[str, str]:
    """The address of the keys and the name of the one that is wanted; empty where no address is needed."""
    if not key_sets.is_place(secret) or not (token := _token(arrival)):
        return "", ""
    name = _name_of(token)
    return ("", "") if name is None else (secret, name)


def _given(arrival: Arrival) -> str:
    return arrival.headers.get((arrival.options.get("header") or "authorization").lower(), "")


def _token(arrival: Arrival) -> str:
    """Empty when there is none of a sensible form."""
    given, options = _given(arrival), arrival.options
    prefix = options.get("prefix", "" if options.get("header") else "Bearer ")
    if len(given) > LONGEST_TOKEN or not given.startswith(prefix):
        return ""
    return given[len(prefix) :].strip()


def _name_of(token: str) -> str | None:
    """`kid`, empty where there is none; None when it is no token at all."""
    try:
        name = jwt.get_unverified_header(token).get("kid")
    except (PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) else ""


def _is_named(place: str, name: str | None) -> bool:
    found = key_sets.known(place)
    return found is not None and (not name or name in found.names)


def _claims(token: str, secret: str, algorithm: str) -> Mapping[str, Any] | None:
    kid = _name_of(token)
    if kid is None:
        return None
    try:
        keys = keys_of(_here(secret), algorithm)
    except ValueError:
        return None
    chosen = [key for name, key in keys if name and name == kid] or [key for _name, key in keys]
    for key in chosen:
        try:
            return jwt.decode(token, key, algorithms=[algorithm], options=_UNCHECKED)
        except (PyJWTError, ValueError, TypeError, RecursionError):
            continue
    return None


def _is_meant(claims: Mapping[str, Any], arrival: Arrival) -> bool:
    """Issuer, audience and the digest of the body, where the source asks for them."""
    options = arrival.options
    issuer, audience = options.get("issuer"), options.get("audience")
    if issuer and claims.get("iss") != issuer:
        return False
    given = claims.get("aud")
    if audience and audience not in (given if isinstance(given, list) else [given]):
        return False
    if name := options.get("body_claim"):
        digest = hashlib.sha256(arrival.body).digest()
        said = claims.get(name)
        return isinstance(said, str) and any(
            is_digest(said, digest, encoding) for encoding in ("hex", "base64", "base64url")
        )
    return True


def _is_now(claims: Mapping[str, Any], now: float, tolerance: float) -> bool:
    expires, begins, made = (_moment(claims.get(name)) for name in ("exp", "nbf", "iat"))
    if begins is not None and begins > now + LEEWAY:
        return False
    if expires is not None:
        return expires > now - LEEWAY
    return made is not None and abs(now - made) <= tolerance


def _moment(value: Any) -> float | None:
    """None for what is no moment, such as a number of 400 digits."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None


def _here(secret: str) -> str:
    """The keys themselves, also those of an address; ValueError when they are not known."""
    if not key_sets.is_place(secret):
        return secret
    found = key_sets.known(secret)
    if found is None:
        raise ValueError("not fetched")
    return found.text


@lru_cache(maxsize=100)
def keys_of(secret: str, algorithm: str) -> tuple[tuple[str, Any], ...]:
    """(key id, key) of a text, a PEM or a JWK set; ValueError when the algorithm cannot use it."""
    if algorithm.startswith("HS"):
        return (("", _shared(secret)),)
    if secret.lstrip().startswith("{"):
        return _of_set(secret, algorithm)
    return (("", _prepared(secret, algorithm)),)


def _shared(secret: str) -> str:
    """A public key taken for a shared secret would let everybody sign who knows it."""
    if "-----BEGIN" in secret or secret.lstrip().startswith("{") or key_sets.is_place(secret):
        raise ValueError("a public key is no shared secret")
    return secret


def _of_set(text: str, algorithm: str) -> tuple[tuple[str, Any], ...]:
    try:
        data = json.loads(text)
        listed = data.get("keys", [data])
        meant = [one for one in listed if _is_meant_for(one, algorithm)][:MOST_KEYS]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a set of keys") from error
    found = tuple(key for one in meant if (key := _of_entry(one, algorithm)) is not None)
    if not found:
        raise ValueError("no usable key")
    return found


def _is_meant_for(entry: Mapping[str, Any], algorithm: str) -> bool:
    """Published sets hold keys for other purposes, too."""
    return (
        entry.get("kty") != "oct"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
    )


def _of_entry(entry: Mapping[str, Any], algorithm: str) -> tuple[str, Any] | None:
    """None for one that this algorithm cannot use."""
    try:
        key = jwt.PyJWK(dict(entry), algorithm)
        return key.key_id or "", _prepared(key.key, algorithm)
    except (ValueError, KeyError, TypeError, AttributeError, PyJWTError):
        return None


def _prepared(key: Any, algorithm: str) -> Any:
    """The public key, checked for its kind and its length."""
    try:
        known = jwt.get_algorithm_by_name(algorithm)
        prepared = known.prepare_key(key)
        complaint = known.check_key_length(prepared)
    except (InvalidKeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError("not a key for this algorithm") from error
    if complaint or hasattr(prepared, "private_bytes"):
        raise ValueError(complaint or "a private key has no business here")
    return prepared

"""The options of presets: what each may be, and which of them do not go together."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from django.utils.translation import gettext as translated

from config.egress import UrlProblem, check_url
from webhooks.headers import NAME
from webhooks.presets import key_sets
from webhooks.presets.schemes.comparing import ENCODINGS
from webhooks.presets.schemes.networks import parsed_networks
from webhooks.presets.schemes.signed import COVERS_BODY, KEYS, TOKENS, key_of, tokens_of
from webhooks.presets.schemes.web_token import keys_of

OptionValues = Mapping[str, str]
PATH: Final = re.compile(r"[^\s.]{1,60}(\.[^\s.]{1,60}){0,5}")
PLAIN: Final = re.compile(r"[\x20-\x7e]{1,200}")
WORD: Final = re.compile(r"[\x21-\x7e]{1,200}")
PAIRS: Final = re.compile(r"\w{0,20},\w{1,20}")
LEAST_KEY_BYTES: Final = 8


class BadOption(ValueError):
    """An option or a secret that this preset cannot use; `name` is the field, the text is for the person who typed it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def _are_networks(text: str) -> bool:
    try:
        return len(text) <= 500 and bool(parsed_networks(text))
    except ValueError:
        return False


CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "header": NAME.fullmatch,
    "prefix": lambda value: len(value) <= 40 and value.isascii() and value.isprintable(),
    "algorithm": WORD.fullmatch,
    "encoding": lambda value: value in ENCODINGS,
    "key": lambda value: value in KEYS,
    "signed": PLAIN.fullmatch,
    "timestamp_header": NAME.fullmatch,
    "timestamp_unit": lambda value: value in ("s", "ms"),
    "id_header": NAME.fullmatch,
    "pairs": PAIRS.fullmatch,
    "issuer": WORD.fullmatch,
    "audience": WORD.fullmatch,
    "body_claim": WORD.fullmatch,
    "version": WORD.fullmatch,
    "confirmation": WORD.fullmatch,
    "verify_token": WORD.fullmatch,
    "event_field": PATH.fullmatch,
    "id_field": PATH.fullmatch,
    "networks": _are_networks,
}
OPTIONS: Final = tuple(CHECKS)
"""In the order in which the form shows them."""


def cleaned(
    options: object, known: tuple[str, ...], choices: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """The options without empty ones; BadOption names the one that is wrong."""
    if not isinstance(options, Mapping):
        raise BadOption("options", translated("Options are pairs of name and value."))
    found: dict[str, str] = {}
    for name, value in options.items():
        if name not in known:
            shown = ", ".join(known) or "–"
            text = translated("This preset has no option “%(name)s”; it has: %(known)s.")
            raise BadOption("options", text % {"name": str(name)[:50], "known": shown})
        kept = value if name == "prefix" or not isinstance(value, str) else value.strip()
        if not isinstance(kept, str) or (kept and not _is_possible(name, kept, choices)):
            text = translated("“%(value)s” cannot be the value of “%(name)s”.")
            raise BadOption(name, text % {"name": name, "value": str(value)[:50]})
        if kept.strip():
            found[name] = kept
    return found


def _is_possible(name: str, value: str, choices: Mapping[str, tuple[str, ...]]) -> bool:
    return bool(CHECKS[name](value)) and (name not in choices or value in choices[name])


def check_signed(options: OptionValues) -> None:
    """Everything that counts must be signed: a time, an id or a body outside of the signature could be anybody's."""
    if "header" not in options:
        raise BadOption("header", translated("Name the header that carries the signature."))
    template = options.get("signed") or "{body}"
    tokens = tokens_of(template)
    if strange := tokens - TOKENS.keys():
        text = translated("“{%(name)s}” is not known; known are %(known)s.")
        known = ", ".join(f"{{{one}}}" for one in TOKENS)
        raise BadOption("signed", text % {"name": min(strange), "known": known})
    if not tokens & COVERS_BODY:
        raise BadOption(
            "signed", translated("The body must be signed: write {body} or {body_sha256} into it.")
        )
    has_listed_time = bool(options.get("pairs", "").partition(",")[0].strip())
    for token, name, is_elsewhere in (
        ("timestamp", "timestamp_header", has_listed_time),
        ("id", "id_header", False),
    ):
        if name in options and (token not in tokens or is_elsewhere):
            text = translated(
                "A header that is not signed proves nothing: write {%(token)s} into what is signed."
            )
            raise BadOption(name, text % {"token": token})
        if token in tokens and name not in options and not is_elsewhere:
            raise BadOption(name, translated("Name the header that carries {%(token)s}.") % {"token": token})
    if has_listed_time and "timestamp" not in tokens:
        text = translated(
            "A header that is not signed proves nothing: write {%(token)s} into what is signed."
        )
        raise BadOption("signed", text % {"token": "timestamp"})


def check_signing_key(secret: str, options: OptionValues) -> None:
    key = key_of(secret, options.get("key") or "text")
    if key is None or len(key) < LEAST_KEY_BYTES:
        text = translated("The secret is not %(form)s of at least eight bytes.")
        raise BadOption("secret", text % {"form": options.get("key") or "text"})


def check_web_key(secret: str, options: OptionValues) -> None:
    algorithm = options.get("algorithm") or "HS256"
    if key_sets.is_place(secret) and not algorithm.startswith("HS"):
        _check_place(secret)
        return
    try:
        keys_of(secret, algorithm)
    except ValueError as error:
        text = translated(
            "%(algorithm)s needs another key: HS… a shared secret, all others the sender's public key as PEM (RSA of 2048 bits"
            " or more), its set of keys as JSON, or the https address of that set."
        )
        raise BadOption("secret", text % {"algorithm": algorithm}) from error


def _check_place(secret: str) -> None:
    """Only the installation's own exceptions count: what was fetched once serves every company that names the address."""
    try:
        check_url(secret)
    except UrlProblem as problem:
        raise BadOption("secret", str(problem)) from problem


def check_login(secret: str, options: OptionValues) -> None:
    name, colon, password = secret.partition(":")
    if not (name and colon and len(password) >= LEAST_KEY_BYTES):
        raise BadOption(
            "secret", translated("Write a name, a colon and a password of at least eight characters.")
        )

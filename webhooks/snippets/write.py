"""Puts a snippet together: the language's template, filled with what this endpoint's signature is made of."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from tenants.errors import ConfigError
from webhooks.formats import FORMATS
from webhooks.models import Endpoint
from webhooks.schemes import ASYMMETRIC, Recipe, recipe_of
from webhooks.selectors import public_keys
from webhooks.signing import TOLERANCE_SECONDS
from webhooks.snippets.languages import LANGUAGES, Language, Piece
from webhooks.snippets.sample import Sample

CODE: Final = Path(__file__).parent / "code"
PLACEHOLDER: Final = "whsec_put_the_secret_here"
_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_MARK: Final = re.compile(r"@@(\w+)@@")
# A part that stands only under a condition: everything between the two lines.
_PART: Final = re.compile(r"^[^\n]*@@IF (\w+)@@[^\n]*\n(.*?)^[^\n]*@@END@@[^\n]*\n", re.DOTALL | re.MULTILINE)


class NothingToVerify(ConfigError):
    """The endpoint's requests carry no signature."""


def snippet(endpoint: Endpoint, language: str, sample: Sample) -> str:
    """The program; NothingToVerify, or ConfigError for what this language cannot do."""
    recipe = None if FORMATS[endpoint.format].is_chat else recipe_of(endpoint.signing)
    if endpoint.signing.get("scheme") == ASYMMETRIC and not FORMATS[endpoint.format].is_chat:
        return _asymmetric(endpoint, LANGUAGES[language], sample)
    if recipe is None:
        raise NothingToVerify(_("This endpoint's requests are not signed: there is nothing to verify."))
    speaks = LANGUAGES[language]
    if recipe.algorithm not in speaks.algorithms:
        raise ConfigError(
            _("This language has no %(algorithm)s of its own.") % {"algorithm": recipe.algorithm}
        )
    name = "token" if recipe.is_token else "signature"
    return _filled(
        _template(f"{speaks.name}_{name}"), _values(speaks, recipe, sample), _conditions(recipe, sample)
    )


def _asymmetric(endpoint: Endpoint, speaks: Language, sample: Sample) -> str:
    """No secret is shared: the public keys stand in the program, ready to run."""
    keys = public_keys(endpoint)
    if not keys:
        raise ConfigError(
            _(
                "Its secret is still a shared one. Make a new one: that is a key, and its public part is shown."
            )
        )
    if not speaks.knows_ed25519:
        text = _(
            "This language has no Ed25519 of its own. Verify the entries v1a of webhook-signature, over webhook-id,"
            " webhook-timestamp and the raw body with dots between them, by a service beside it, with the public key:"
            " %(keys)s. Or choose the scheme of Standard Webhooks with a shared secret, which it can verify."
        )
        raise ConfigError(text % {"keys": ", ".join(keys)})
    values = _of_sample(speaks, sample, "webhook-signature")
    values |= {"KEYS": ", ".join(speaks.text(key) for key in keys)}
    return _filled(_template(f"{speaks.name}_ed25519"), values, _which(sample))


def _values(speaks: Language, recipe: Recipe, sample: Sample) -> dict[str, str]:
    before, _places, after = recipe.value.partition("{signatures}")
    package, _space, function = speaks.algorithms[recipe.algorithm].partition(" ")

    def several(text: str) -> str:
        return speaks.joined(_pieces(text)) if "{signatures}" in recipe.value else ""

    head, _secret, tail = recipe.value.partition("{secret}")
    return {
        "HEADER": recipe.header.lower(),
        "PLACEHOLDER": PLACEHOLDER,
        "ALGORITHM": recipe.algorithm,
        "PACKAGE": package,
        "FUNCTION": function,
        "NATIVE": package,
        "KEY": speaks.key(recipe),
        "ENCODED": speaks.encoded(recipe),
        "SIGNED_BEFORE": speaks.joined(_pieces(recipe.signed.partition("{body}")[0])),
        "SIGNED_AFTER": speaks.joined(_pieces(recipe.signed.partition("{body}")[2])),
        "VALUE": ""
        if "{signatures}" in recipe.value or recipe.is_token
        else speaks.joined(_pieces(recipe.value)),
        "BEFORE": several(before),
        "AFTER": several(after),
        "ENTRY": speaks.joined(_pieces(recipe.entry)),
        "SEPARATOR": speaks.text(recipe.separator),
        "TOKEN_BEFORE": speaks.text(head),
        "TOKEN_AFTER": speaks.text(tail),
        **_of_sample(speaks, sample, recipe.header),
    }


def _of_sample(speaks: Language, sample: Sample, header: str) -> dict[str, str]:
    """`header` holds the signature."""
    return {
        "TOLERANCE": str(TOLERANCE_SECONDS),
        "BODY": speaks.body(sample.body),
        "ID": speaks.text(sample.headers.get("webhook-id", "")),
        "TIMESTAMP": speaks.text(sample.headers.get("webhook-timestamp", "")),
        "GIVEN": speaks.text(sample.headers.get(header, "")),
    }


def _which(sample: Sample) -> frozenset[str]:
    return frozenset({"FAILED" if sample.is_failed else "EXAMPLE"})


def _conditions(recipe: Recipe, sample: Sample) -> frozenset[str]:
    """Which parts stand: a time that is not signed proves nothing, so it is not looked at."""
    is_hex, uses_base64 = recipe.encoding == "hex", recipe.encoding == "base64"
    found = {
        "SEVERAL": "{signatures}" in recipe.value,
        "ONE": "{signatures}" not in recipe.value,
        "TIMED": "{timestamp}" in recipe.signed,
        "HEX": is_hex,
        "USES_TIME": "{timestamp}" in recipe.signed or "{timestamp}" in recipe.value,
        "USES_ID": "{id}" in recipe.signed or "{id}" in recipe.value,
        "KEY_BASE64": recipe.is_key_base64,
        "ENCODES_BASE64": uses_base64,
    }
    return frozenset(name for name, holds in found.items() if holds) | _which(sample)


def _pieces(text: str) -> list[Piece]:
    parts = _PLACE.split(text)
    return [("place" if number % 2 else "text", part) for number, part in enumerate(parts)]


@cache
def _template(name: str) -> str:
    return (CODE / f"{name}.txt").read_text(encoding="utf-8")


def _filled(template: str, values: dict[str, str], conditions: frozenset[str]) -> str:
    kept = _PART.sub(lambda part: part[2] if part[1] in conditions else "", template)
    return _MARK.sub(lambda mark: values[mark[1]], kept)

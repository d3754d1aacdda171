"""API keys in the configuration file, with everything that the admin has, checked in the same way.

Keys are stored hashed: a dump holds them as digests, and only with `--secrets`, so that a copy elsewhere takes the same
keys. The former key of a rotation is not in it: it ends by itself.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from tenants.addresses import clean_networks
from tenants.configuration.reading import Block, ConfigurationError, Place
from tenants.configuration.sections import Plan, Section, each, flag, register_section, text
from tenants.keys import forget_keys
from tenants.models import ApiKey, Tenant
from tenants.models.api_key import SHOWN, digest, new_key, new_signing_secret
from tenants.scopes import clean_scopes

KEY_LENGTH: Final = 16
MOST_REQUESTS: Final = 1_000_000
DIGEST: Final = re.compile(r"[0-9a-f]{64}\Z")
LIMITS: Final = ("scopes", "expires_at", "allowed_networks", "requests_per_minute", "must_sign", "enabled")
SECRETS: Final = ("key", "digest", "prefix", "signing_secret")


class ApiKeys(Section):
    key = "api_keys"
    place = 30

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, {"name", *LIMITS, *SECRETS}, {"name"}, place, identity="name"):
            self._apply(tenant, block, plan)
        forget_keys()

    @staticmethod
    def _apply(tenant: Tenant, block: Block, plan: Plan) -> None:
        name = text(block, "name")
        row = ApiKey.objects.filter(name=name).first() or ApiKey(tenant=tenant, name=name)
        values = {field: read(block, tenant) for key, (field, read) in _READERS.items() if key in block}
        if row._state.adding:
            values.setdefault("scopes", ["*"])
        values |= _presented(row, block, plan)
        must_sign = values.get("must_sign", row.must_sign)
        values |= _signing(row, block, plan, must_sign=must_sign)
        plan.save(row, f"API key {name}", values, block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped(row, secrets) for row in ApiKey.objects.order_by("name")]


def _presented(row: ApiKey, block: Block, plan: Plan) -> dict[str, Any]:
    """What recognises the key: itself, or its digest as a dump has it; for a new one without either, a fresh key."""
    if "key" in block and "digest" in block:
        raise ConfigurationError(block.at("digest"), _("“key” and “digest” exclude each other"))
    if "digest" in block:
        hashed = text(block, "digest")
        if not DIGEST.match(hashed):
            raise ConfigurationError(block.at("digest"), _("“digest” must be 64 hexadecimal digits"))
        return {"digest": hashed, "prefix": text(block, "prefix", row.prefix)[:SHOWN]}
    if "prefix" in block:
        raise ConfigurationError(block.at("prefix"), _("“prefix” belongs to “digest”"))
    if "key" in block:
        plain = text(block, "key")
        _warn_if_short(plain, block.at("key"), plan)
        return {"digest": digest(plain), "prefix": plain[:4]}
    if not row._state.adding:
        return {}
    if not (block.get("must_sign") or block.get("signing_secret")):
        plan.warn(block.place, _("a key was made that nobody knows: “New key” in the admin shows one"))
    plain = new_key()
    return {"digest": digest(plain), "prefix": plain[:SHOWN]}


def _signing(row: ApiKey, block: Block, plan: Plan, *, must_sign: bool) -> dict[str, Any]:
    if "signing_secret" in block:
        secret = text(block, "signing_secret")
        _warn_if_short(secret, block.at("signing_secret"), plan)
        return {"signing_secret": secret}
    if not must_sign or row.signing_secret:
        return {}
    plan.warn(
        block.at("must_sign"),
        _("a signing secret was made that nobody knows: “New signing secret” in the admin shows one"),
    )
    return {"signing_secret": new_signing_secret()}


def _warn_if_short(secret: str, place: Place, plan: Plan) -> None:
    if len(secret) < KEY_LENGTH:
        plan.warn(place, f"a key of fewer than {KEY_LENGTH} characters can be guessed")


def _scopes(block: Block, tenant: Tenant) -> list[str]:
    return _cleaned(block, "scopes", block["scopes"], clean_scopes)


def _networks(block: Block, tenant: Tenant) -> list[str]:
    return _cleaned(block, "allowed_networks", block["allowed_networks"] or [], clean_networks)


def _cleaned(block: Block, key: str, value: Any, clean: Callable[[list[Any]], list[str]]) -> list[str]:
    if not isinstance(value, list):
        raise ConfigurationError(block.at(key), "a list was expected")
    try:
        return clean(value)
    except ValidationError as error:
        raise ConfigurationError(block.at(key), " ".join(error.messages)) from error


def _end(block: Block, tenant: Tenant) -> datetime | None:
    """A moment of ISO 8601; without a zone it is meant in the company's. Null: none."""
    if block["expires_at"] is None:
        return None
    try:
        moment = datetime.fromisoformat(text(block, "expires_at"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=tenant.zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = _("“expires_at” must be a time such as 2027-01-31T18:00:00+03:00")
        raise ConfigurationError(block.at("expires_at"), message) from error


def _rate(block: Block, tenant: Tenant) -> int | None:
    value = block["requests_per_minute"]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_REQUESTS:
        message = _("“requests_per_minute” must be a whole number from 1 to %(most)d") % {
            "most": MOST_REQUESTS
        }
        raise ConfigurationError(block.at("requests_per_minute"), message)
    return int(value)


def _must_sign(block: Block, tenant: Tenant) -> bool:
    return flag(block, "must_sign")


def _enabled(block: Block, tenant: Tenant) -> bool:
    return flag(block, "enabled")


# The file's key: the model's field, and what reads it.
_READERS: Final[dict[str, tuple[str, Callable[[Block, Tenant], Any]]]] = {
    "scopes": ("scopes", _scopes),
    "expires_at": ("expires_at", _end),
    "allowed_networks": ("allowed_networks", _networks),
    "requests_per_minute": ("requests_per_minute", _rate),
    "must_sign": ("must_sign", _must_sign),
    "enabled": ("is_active", _enabled),
}


def _dumped(row: ApiKey, secrets: bool) -> dict[str, Any]:
    optional = {
        "expires_at": row.expires_at.astimezone(UTC).isoformat() if row.expires_at else None,
        "allowed_networks": row.allowed_networks,
        "requests_per_minute": row.requests_per_minute,
        "must_sign": row.must_sign,
    }
    shown: dict[str, Any] = {"name": row.name, "scopes": row.scopes}
    shown |= {name: value for name, value in optional.items() if value}
    if not row.is_active:
        shown["enabled"] = False
    if secrets:
        shown |= {"digest": row.digest, "prefix": row.prefix}
        if row.signing_secret:
            shown["signing_secret"] = row.signing_secret
    return shown


register_section(ApiKeys())

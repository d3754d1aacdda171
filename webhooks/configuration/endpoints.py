"""The section `endpoints` of the configuration file."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from config.egress import UrlProblem, check_url
from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.intranet import exceptions_in_scope
from tenants.models import Tenant
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.configuration.values import plain, texts
from webhooks.formats.registry import clean_address
from webhooks.models import Endpoint, EndpointSecret, Format
from webhooks.proof.certificates import clean_tls
from webhooks.proof.logins import clean_auth
from webhooks.proof.proxies import clean_proxy
from webhooks.schemes import check_new_secret, clean_signing, made_secret
from webhooks.signing import BadSecret

KEYS = frozenset(
    {"name", "url", "events", "secret", "format", "description", "headers", "timeout", "enabled"}
    | {"filter", "options", "template", "signing", "retries", "auth", "tls", "proxy"}
    | {
        "rate_limit",
        "rate_period",
        "concurrency",
        "ordering_mode",
        "ordering_key",
        "on_failure",
        "batch_size",
    }
)
SEALED = ("url", "headers", "auth", "tls", "proxy")
# As they are when nothing is said of them, and then not dumped.
FLOW = {
    "rate_limit": None,
    "rate_period": "second",
    "concurrency": None,
    "ordering_mode": "none",
    "ordering_key": "",
    "on_failure": "skip",
    "batch_size": 1,
}


class Endpoints(Section):
    """Known by their name. A changed secret is rotated with the usual overlap."""

    key = "endpoints"
    place = 60

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name"}, place):
            self._apply(tenant, block, plan)

    def _apply(self, tenant: Tenant, block: Block, plan: Plan) -> None:
        name = text(block, "name")
        endpoint = Endpoint.objects.filter(name=name).first() or Endpoint(tenant=tenant, name=name)
        is_new = endpoint._state.adding
        missing = [key for key in ("url", "events") if is_new and key not in block]
        if missing:
            raise ConfigurationError(block.place, _("the key “%(key)s” is missing") % {"key": missing[0]})
        values = _values(block, endpoint)
        secret = _secret(block, values.get("signing", endpoint.signing))
        plan.save(endpoint, f"endpoint {name}", values, block.place)
        if is_new:
            made = secret or made_secret(endpoint.signing)
            EndpointSecret.objects.create(tenant=tenant, endpoint=endpoint, secret=made)
        elif secret is not None and not _is_current(endpoint, secret):
            rotate_secret(endpoint, secret)
            plan.note("update", f"endpoint {name}", secret="changed")  # noqa: S106 shown as a mask
        _switch(endpoint, block, plan)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped(endpoint, secrets) for endpoint in Endpoint.objects.prefetch_related("secrets")]


def _values(block: Block, endpoint: Endpoint) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: text(block, name) for name in ("description", "format", "retries", "template") if name in block
    }
    if values.get("format", Format.STANDARD) not in Format.values:
        known = ", ".join(Format.values)
        raise ConfigurationError(
            block.at("format"), _("unknown format; known are %(known)s") % {"known": known}
        )
    if "url" in block:
        values["url"] = _url(block, values.get("format", endpoint.format))
    if "events" in block:
        values["events"] = plain(block["events"])
    for name in ("options", "signing"):
        if name in block:
            values[name] = texts(plain(block[name] or {}))
    if "filter" in block:
        values["filter"] = plain(block["filter"] or {})
    if "headers" in block:
        values["headers"] = texts(block["headers"] or {})
    values |= _proof(block)
    for name in ("timeout", *FLOW):
        if name in block:
            values[name] = block[name]
    return values


def _proof(block: Block) -> dict[str, Any]:
    """How we prove ourselves, in the spelling that is stored."""
    allowed = exceptions_in_scope()
    checks: dict[str, Callable[[Any], Any]] = {
        "auth": lambda value: clean_auth(texts(plain(value or {})), allowed),
        "tls": lambda value: clean_tls(texts(plain(value or {}))),
        "proxy": lambda value: clean_proxy(value, allowed),
    }
    values = {}
    for name in checks.keys() & block.keys():
        try:
            values[name] = checks[name](block[name])
        except ValidationError as error:
            raise ConfigurationError(block.at(name), " ".join(error.messages)) from error
    return values


def _url(block: Block, format_: str) -> str:
    """In the spelling that is stored, or the file would look like a change each time."""
    try:
        return clean_address(format_, check_url(text(block, "url"), exceptions_in_scope()))
    except ValidationError as error:
        raise ConfigurationError(block.at("url"), " ".join(error.messages)) from error
    except UrlProblem as problem:
        raise ConfigurationError(block.at("url"), str(problem)) from problem


def _secret(block: Block, signing: Any) -> str | None:
    if "secret" not in block:
        return None
    secret = text(block, "secret")
    try:
        check_new_secret(clean_signing(signing), secret)
    except ValidationError as error:
        raise ConfigurationError(block.at("signing"), " ".join(error.messages)) from error
    except BadSecret as error:
        raise ConfigurationError(block.at("secret"), str(error)) from error
    return secret


def _is_current(endpoint: Endpoint, secret: str) -> bool:
    newest = EndpointSecret.objects.filter(endpoint=endpoint, expires_at=None).order_by("-id").first()
    return newest is not None and newest.secret == secret


def _switch(endpoint: Endpoint, block: Block, plan: Plan) -> None:
    if "enabled" not in block:
        return
    if not isinstance(block["enabled"], bool):
        raise ConfigurationError(block.at("enabled"), _("“enabled” must be true or false"))
    changed = enable_endpoint(endpoint) if block["enabled"] else disable_endpoint(endpoint)
    if changed:
        plan.note("update", f"endpoint {endpoint.name}", enabled=block["enabled"])


def _dumped(endpoint: Endpoint, secrets: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": endpoint.name, "events": endpoint.events, "format": endpoint.format}
    # Of what is sealed nothing is written without being asked for: receivers take secrets in paths and headers, too.
    sealed = {name: getattr(endpoint, name) for name in SEALED} if secrets else {}
    optional = {
        **sealed,
        **{name: getattr(endpoint, name) for name in ("filter", "options", "template", "signing", "retries")},
        "description": endpoint.description,
        "timeout": endpoint.timeout,
    }
    shown |= {name: value for name, value in optional.items() if value}
    shown |= {name: value for name, usual in FLOW.items() if (value := getattr(endpoint, name)) != usual}
    if not endpoint.is_enabled:
        shown["enabled"] = False
    current = [row for row in endpoint.secrets.all() if row.expires_at is None]
    if secrets and current:
        shown["secret"] = current[0].secret
    return shown


register_section(Endpoints())

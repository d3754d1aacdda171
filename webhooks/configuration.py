"""This room's sections of the configuration file: `endpoints` and `sources`."""

from typing import Any

from django.utils.translation import gettext as _

from config.egress import UrlProblem, check_url
from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.intranet import exceptions_in_scope
from tenants.models import Tenant
from webhooks import limits
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.models import Endpoint, EndpointSecret, Format, Source
from webhooks.presets import PRESETS, BadOption, preset
from webhooks.signing import BadSecret, new_secret, signing_key

KEYS = {"name", "url", "events", "secret", "format", "description", "headers", "timeout", "enabled"}
SOURCE_KEYS = {"name", "preset", "secret", "id", "description", "options", "tolerance", "enabled"}


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
        secret = _secret(block)
        plan.save(endpoint, f"endpoint {name}", _values(block), block.place)
        if is_new:
            EndpointSecret.objects.create(tenant=tenant, endpoint=endpoint, secret=secret or new_secret())
        elif secret is not None and not _is_current(endpoint, secret):
            rotate_secret(endpoint, secret)
            plan.note("update", f"endpoint {name}", secret="changed")  # noqa: S106 shown as a mask
        _switch(endpoint, block, plan)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped(endpoint, secrets) for endpoint in Endpoint.objects.prefetch_related("secrets")]


def _values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {name: text(block, name) for name in ("description", "format") if name in block}
    if "url" in block:
        values["url"] = _url(block)
    if values.get("format", Format.STANDARD) not in Format.values:
        known = ", ".join(Format.values)
        raise ConfigurationError(
            block.at("format"), _("unknown format; known are %(known)s") % {"known": known}
        )
    if "events" in block:
        values["events"] = _plain(block["events"])
    if "headers" in block:
        values["headers"] = _plain(block["headers"] or {})
    if "timeout" in block:
        values["timeout"] = block["timeout"]
    return values


def _url(block: Block) -> str:
    """In the spelling that is stored, or the file would look like a change each time."""
    try:
        return check_url(text(block, "url"), exceptions_in_scope())
    except UrlProblem as problem:
        raise ConfigurationError(block.at("url"), str(problem)) from problem


def _plain(value: Any) -> Any:
    """Without the places of the file."""
    if isinstance(value, dict):
        return {str(key): str(inner) for key, inner in value.items()}
    return [str(inner) for inner in value] if isinstance(value, list) else value


def _secret(block: Block) -> str | None:
    if "secret" not in block:
        return None
    secret = text(block, "secret")
    try:
        signing_key(secret)
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
    sealed = {"url": endpoint.url, "headers": endpoint.headers} if secrets else {}
    optional = {**sealed, "description": endpoint.description, "timeout": endpoint.timeout}
    shown |= {name: value for name, value in optional.items() if value}
    if not endpoint.is_enabled:
        shown["enabled"] = False
    current = [row for row in endpoint.secrets.all() if row.expires_at is None]
    if secrets and current:
        shown["secret"] = current[0].secret
    return shown


class Sources(Section):
    """Known by their name. A changed secret leaves the former one valid for the usual overlap."""

    key = "sources"
    place = 70

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, SOURCE_KEYS, {"name", "preset"}, place, identity="name"):
            self._apply(tenant, block, plan)

    def _apply(self, tenant: Tenant, block: Block, plan: Plan) -> None:
        name = text(block, "name")
        source = Source.objects.filter(name=name).first() or Source(tenant=tenant, name=name)
        is_new = source._state.adding
        values = _source_values(source, block)
        secret = _source_secret(values["preset"], block, is_new=is_new)
        if is_new and secret is not None:
            values["secret"] = secret
        plan.save(source, f"source {name}", values, block.place)
        if not is_new and secret is not None and source.secret != secret:
            change_source_secret(source, secret)
            plan.note("update", f"source {name}", secret="changed")  # noqa: S106 shown as a mask

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [_dumped_source(source, secrets) for source in Source.objects.all()]


def _source_values(source: Source, block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {"preset": _preset_name(source, block)}
    if "description" in block:
        values["description"] = text(block, "description")
    if "id" in block:
        values["public_id"] = text(block, "id")
    if "tolerance" in block:
        written = text(block, "tolerance")
        if not (written.isascii() and written.isdigit()):
            raise ConfigurationError(block.at("tolerance"), _("“tolerance” must be a number of seconds"))
        values["tolerance"] = int(written[:9])
    if "enabled" in block:
        if not isinstance(block["enabled"], bool):
            raise ConfigurationError(block.at("enabled"), _("“enabled” must be true or false"))
        values["is_enabled"] = block["enabled"]
    if "options" in block:
        try:
            values["options"] = preset(values["preset"]).clean_options(_plain(block["options"] or {}))
        except BadOption as error:
            raise ConfigurationError(block.at("options"), str(error)) from error
    return values


def _preset_name(source: Source, block: Block) -> str:
    name = text(block, "preset")
    if name not in PRESETS:
        known = ", ".join(PRESETS)
        raise ConfigurationError(
            block.at("preset"), _("unknown preset; known are %(known)s") % {"known": known}
        )
    if not source._state.adding and source.preset != name:
        raise ConfigurationError(
            block.at("preset"),
            _("the preset is a part of the URL and cannot be changed; make a source of another name"),
        )
    return name


def _source_secret(preset_name: str, block: Block, *, is_new: bool) -> str | None:
    """The secret of the file, or a fresh one where Switchboard may make it; None leaves the stored one alone."""
    try:
        if "secret" in block:
            return preset(preset_name).clean_secret(text(block, "secret"))
        return preset(preset_name).new_secret() if is_new else None
    except BadOption as error:
        message = str(error) if "secret" in block else _("the key “secret” is missing: the sender makes it")
        raise ConfigurationError(block.at("secret"), message) from error


def _dumped_source(source: Source, secrets: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": source.name, "preset": source.preset, "id": source.public_id}
    optional = {"description": source.description, "options": source.options}
    shown |= {name: value for name, value in optional.items() if value}
    if source.tolerance != limits.TOLERANCE:
        shown["tolerance"] = source.tolerance
    if not source.is_enabled:
        shown["enabled"] = False
    if secrets:
        shown["secret"] = source.secret
    return shown


register_section(Endpoints())
register_section(Sources())

"""Creates and changes integrations: the connector's own rules for settings and credentials are applied here."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations import live as configurations
from integrations.absent import AbsentConnector, explained
from integrations.actions.hook_source import give_source, queue_parked
from integrations.actions.push_directory import queue_push
from integrations.capabilities import ModuleRegistration
from integrations.connectors import UnknownConnector, connector_of
from integrations.connectors import get as get_connector
from integrations.fields import FieldType
from integrations.manifest import Manifest
from integrations.models import Breaker, Health, Integration, OAuthToken
from tenants import audit
from tenants.models import Tenant

CLIENT_ID_BYTES = 24
LONGEST_NAME = 200
LONGEST_REASON = 300


@transaction.atomic
def create_integration(
    tenant: Tenant,
    connector: str,
    name: str,
    *,
    settings: Mapping[str, object],
    credentials: Mapping[str, object],
    is_enabled: bool = True,
) -> Integration:
    """A new integration; ValidationError keyed by field (`settings.url`, `credentials.api_key`, …) otherwise."""
    try:
        described = get_connector(connector)
    except UnknownConnector as error:
        raise ValidationError({"connector": _("There is no such system.")}) from error
    row = Integration(tenant=tenant, connector=connector, name=name.strip(), is_enabled=is_enabled)
    checked = check_values(row, name=row.name, settings=settings, credentials=credentials)
    row.settings, row.credentials = checked.settings, checked.credentials
    row.credentials_expire_at = described.manifest.expiry(row.settings, tenant.zone)
    if not is_enabled:
        row.paused_at = timezone.now()
    if described.can(ModuleRegistration):
        give_client_id(row)
    give_source(row)
    row.save()
    audit.record("integration.created", row, after=audit.snapshot(row))
    configurations.forget(tenant.pk)
    return row


@transaction.atomic
def update_integration(
    row: Integration,
    *,
    name: str | None = None,
    settings: Mapping[str, object] | None = None,
    credentials: Mapping[str, object] | None = None,
    is_enabled: bool | None = None,
    reason: str = "",
) -> Integration:
    """Change what is given; `reason` is why it is paused. Given settings replace the former ones; an empty credential keeps what is stored."""
    row = Integration.objects.select_for_update().get(pk=row.pk)
    before, old = audit.snapshot(row), (row.name, row.settings, row.credentials, row.is_enabled)
    # Pausing must work whatever the settings are like by now.
    if is_enabled is not False or (name, settings, credentials) != (None, None, None):
        checked = check_values(row, name=name, settings=settings, credentials=credentials)
        row.name, row.settings, row.credentials = checked.name, checked.settings, checked.credentials
    if is_enabled is not None and is_enabled != row.is_enabled:
        _switch(row, is_enabled=is_enabled, reason=reason)
    if (row.name, row.settings, row.credentials, row.is_enabled) == old:
        return row
    if (row.settings, row.credentials) != old[1:3]:
        judge_anew(row)
        _forget_access(row, moved=_has_moved(row, old[1]), former=old[2])
    if row.settings != old[1] and connector_of(row.connector).manifest.expires_setting:
        row.credentials_expire_at = connector_of(row.connector).manifest.expiry(row.settings, row.tenant.zone)
    if _has_moved(row, old[1]):
        # Another account knows nothing of our module yet.
        row.is_registered, row.directory_pushed_at, row.directory_error = False, None, ""
        row.directory_taken, row.directory_checked_at, row.directory_check_error = [], None, ""
        row.module_active, row.module_frozen, row.module_address = None, False, ""
    row.version += 1
    if row.is_registered and row.settings != old[1]:
        # Parts of them stand in the module's block.
        row.directory_wanted += 1
        queue_push(row)
    row.save()
    if row.is_enabled and not old[3]:
        queue_parked(row)
    was, now = audit.changed(before, audit.snapshot(row))
    if row.credentials != old[2]:
        was["credentials"], now["credentials"] = audit.MASK, audit.MASK
    audit.record("integration.updated", row, before=was, after=now)
    configurations.forget(row.tenant_id)
    return row


def _switch(row: Integration, *, is_enabled: bool, reason: str) -> None:
    row.is_enabled = is_enabled
    row.is_stopped_there = False  # whoever stops it there says so itself
    row.paused_at = None if is_enabled else timezone.now()
    row.paused_reason = "" if is_enabled else reason.strip()[:LONGEST_REASON]


@dataclass(frozen=True, slots=True)
class Checked:
    """Values that may be stored."""

    name: str
    settings: dict[str, Any]
    credentials: dict[str, Any]


def check_values(
    row: Integration,
    *,
    name: str | None = None,
    settings: Mapping[str, object] | None = None,
    credentials: Mapping[str, object] | None = None,
) -> Checked:
    """What would be stored, without storing it; ValidationError keyed by field, all mistakes at once."""
    connector = connector_of(row.connector)
    if isinstance(connector, AbsentConnector):
        return _kept(row, name, settings, credentials)
    manifest = connector.manifest
    entered = {key: value for key, value in (credentials or {}).items() if value not in ("", None)}
    errors: dict[str, list[Any]] = {}
    found = Checked(
        row.name if name is None else name.strip(),
        _clean(errors, "settings", manifest.clean_settings, row.settings if settings is None else settings),
        _clean(errors, "credentials", manifest.clean_credentials, {**row.credentials, **entered}),
    )
    errors |= name_mistakes(row, found.name)
    if not errors and not row._state.adding:
        errors |= _keep_key_at_home(manifest, row, found.settings, entered)
    if errors:
        raise ValidationError(errors)
    return found


def _kept(
    row: Integration,
    name: str | None,
    settings: Mapping[str, object] | None,
    credentials: Mapping[str, object] | None,
) -> Checked:
    """Nobody can say what would be right: until the connector is back everything stays, but for the name."""
    found = Checked(row.name if name is None else name.strip(), row.settings, row.credentials)
    errors = name_mistakes(row, found.name)
    if (settings and dict(settings) != row.settings) or any((credentials or {}).values()):
        errors["connector"] = [explained(row.connector)]
    if errors:
        raise ValidationError(errors)
    return found


def _clean(
    errors: dict[str, list[Any]],
    prefix: str,
    cleaner: Callable[[Mapping[str, object]], dict[str, Any]],
    values: Mapping[str, object],
) -> dict[str, Any]:
    try:
        return cleaner(values)
    except ValidationError as error:
        errors |= {f"{prefix}.{name}": messages for name, messages in error.message_dict.items()}
        return {}


def _keep_key_at_home(
    manifest: Manifest, row: Integration, settings: Mapping[str, Any], entered: Mapping[str, object]
) -> dict[str, list[Any]]:
    """A stored key must not be sent to another address by somebody who could never read it."""
    if _origins(row.settings, manifest) == _origins(settings, manifest):
        return {}
    text = _("Enter this again: the address has changed, and a stored key is not sent to another one.")
    return {
        f"credentials.{field.name}": [text]
        for field in manifest.credentials
        if field.type is FieldType.SECRET and row.credentials.get(field.name) and field.name not in entered
    }


def _has_moved(row: Integration, former: Mapping[str, Any]) -> bool:
    manifest = connector_of(row.connector).manifest
    return _origins(row.settings, manifest) != _origins(former, manifest)


def _origins(settings: Mapping[str, Any], manifest: Manifest) -> list[tuple[str, str]]:
    """Where credentials go: the account's address, and others that people enter."""
    names = [name for name in (manifest.base_url_setting, *manifest.secret_urls) if name]
    parts = [urlsplit(str(settings.get(name) or "")) for name in names]
    return [(one.scheme, one.netloc) for one in parts]


def _forget_access(row: Integration, *, moved: bool, former: Mapping[str, Any]) -> None:
    """Tokens of another account, or of another application there, are no use; with a new secret they may be renewed again."""
    tokens = OAuthToken.objects.filter(integration=row)
    if moved or row.credentials.get("client_id") != former.get("client_id"):
        if tokens.delete()[0]:
            row.credentials_expire_at = None
    else:
        tokens.update(refusal="", failures=0, doubted_at=None)


def judge_anew(row: Integration) -> None:
    """Other settings, other health; the breaker belonged to the old ones."""
    row.health, row.health_code, row.health_reason, row.health_since = Health.UNKNOWN, "", "", None
    row.failures_in_row = row.successes_in_row = 0
    Breaker.objects.filter(pk=row.pk).delete()


def give_client_id(row: Integration) -> None:
    """Whoever knows it may make our phones ring, so it is long, random and stored like a password."""
    client_id = secrets.token_urlsafe(CLIENT_ID_BYTES)
    row.own_secrets = {**row.own_secrets, "client_id": client_id}
    row.client_digest = client_digest(client_id)


def client_digest(client_id: str) -> str:
    """What an integration is found by when the outside system names it."""
    return hashlib.sha256(client_id.encode()).hexdigest()


def name_mistakes(row: Integration, name: str) -> dict[str, list[Any]]:
    """Keyed by field; empty when the name will do."""
    if not name:
        return {"name": [_("This field is required.")]}
    if len(name) > LONGEST_NAME:
        return {"name": [_("This text is too long.")]}
    if Integration.objects.filter(tenant_id=row.tenant_id, name=name).exclude(pk=row.pk).exists():
        return {"name": [_("There is an integration of this name already.")]}
    return {}

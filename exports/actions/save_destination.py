"""Creates, changes and removes destinations: the kind's own rules for settings and credentials are applied here."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exports.destinations import KINDS, NotSent
from exports.destinations.forms import AddressField, KindForm, clean_values
from exports.destinations.names import validate_template
from exports.models import ON_THE_WAY, ExportDestination, ExportSchedule, ExportShipment, ShipmentState
from exports.models.destination import DEFAULT_FILE_NAME
from exports.shipments import LANE
from tenants import audit
from tenants.errors import ConfigError
from tenants.intranet import exceptions_of
from tenants.models import Tenant
from tenants.work import cancel

Values = Mapping[str, Any]


@transaction.atomic
def create_destination(
    tenant: Tenant,
    *,
    name: str,
    kind: str,
    settings: Values,
    credentials: Values,
    file_name: str = DEFAULT_FILE_NAME,
    is_enabled: bool = True,
) -> ExportDestination:
    """A new destination; ValidationError keyed by field (`settings.host`, `credentials.password`, …) otherwise."""
    row = ExportDestination(tenant=tenant, kind=kind)
    _fill(row, name, file_name, settings, credentials)
    row.is_enabled = is_enabled
    row.save()
    audit.record("exportdestination.created", row, after=audit.snapshot(row))
    return row


@transaction.atomic
def update_destination(
    row: ExportDestination,
    *,
    name: str | None = None,
    settings: Values | None = None,
    credentials: Values | None = None,
    file_name: str | None = None,
    is_enabled: bool | None = None,
) -> ExportDestination:
    """Change what is given. Given settings replace the former ones; an empty credential keeps what is stored."""
    row = ExportDestination.objects.select_for_update().get(pk=row.pk)
    before = audit.snapshot(row)
    if (name, settings, credentials, file_name) != (None, None, None, None):
        _fill(
            row,
            row.name if name is None else name,
            row.file_name if file_name is None else file_name,
            row.settings if settings is None else settings,
            credentials or {},
        )
    if is_enabled is not None:
        row.is_enabled = is_enabled
    was, now = audit.changed(before, audit.snapshot(row))
    if now:
        row.save()
        audit.record("exportdestination.updated", row, before=was, after=now)
    return row


@transaction.atomic
def delete_destination(row: ExportDestination) -> None:
    """What is on the way to it ends; the history keeps its name. ConfigError while a schedule sends there."""
    using = ExportSchedule.objects.filter(destination=row).values_list("name", flat=True).first()
    if using is not None:
        raise ConfigError(gettext("The schedule “%(name)s” sends its files there.") % {"name": using})
    waiting = ExportShipment.objects.filter(destination=row, state__in=ON_THE_WAY)
    cancel(LANE, list(waiting.values_list("pk", flat=True)))
    waiting.update(
        state=ShipmentState.CANCELLED,
        error_code="removed",
        reason=str(NotSent("removed")),
        next_try_at=None,
        finished_at=timezone.now(),
    )
    audit.record("exportdestination.deleted", row, before=audit.snapshot(row))
    row.delete()


def check_destination(
    row: ExportDestination, *, name: str, file_name: str, settings: Values, credentials: Values
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and credentials as they would be stored; ValidationError keyed by field, all mistakes at once."""
    errors: dict[str, Any] = _name_mistakes(row, name.strip())
    try:
        validate_template(file_name)
    except ValidationError as error:
        errors["file_name"] = error.messages
    if row.kind not in KINDS:
        text = _("Choose one of: %(choices)s.") % {"choices": ", ".join(KINDS)}
        raise ValidationError(errors | {"kind": [text]})
    form = KINDS[row.kind].form
    entered = {key: value for key, value in credentials.items() if value not in ("", None)}
    stored = {key: value for key, value in row.credentials.items() if key in form.secrets()}
    found: tuple[dict[str, Any], dict[str, str]] = ({}, {})
    try:
        found = clean_values(form, settings, {**stored, **entered}, exceptions_of(row.tenant_id))
    except ValidationError as error:
        errors |= error.message_dict
    if not errors and not row._state.adding:
        errors |= _keep_secrets_at_home(form, row, found, entered)
    if errors:
        raise ValidationError(errors)
    return found


def _fill(row: ExportDestination, name: str, file_name: str, settings: Values, credentials: Values) -> None:
    row.settings, row.credentials = check_destination(
        row, name=name, file_name=file_name, settings=settings, credentials=credentials
    )
    row.name, row.file_name = name.strip(), file_name
    try:
        row.full_clean(exclude=["tenant", "settings", "credentials"], validate_constraints=False)
    except ValidationError as error:
        found = error.message_dict
        raise ValidationError(
            {"name" if key == NON_FIELD_ERRORS else key: found[key] for key in found}
        ) from error


def _name_mistakes(row: ExportDestination, name: str) -> dict[str, Any]:
    if not name:
        return {"name": [_("This field is required.")]}
    same = ExportDestination.objects.filter(tenant_id=row.tenant_id, name=name).exclude(pk=row.pk)
    return {"name": [_("Another row has this value already.")]} if same.exists() else {}


def _keep_secrets_at_home(
    form: type[KindForm],
    row: ExportDestination,
    found: tuple[Values, Values],
    entered: Values,
) -> dict[str, Any]:
    """A stored secret must not be sent to another host by somebody who could never read it."""
    settings, credentials = found
    if _home(form, row.settings) == _home(form, settings):
        return {}
    text = _("Enter this again: the address has changed, and a stored key is not sent to another one.")
    return {f"credentials.{name}": [text] for name in credentials if name not in entered}


def _home(form: type[KindForm], settings: Values) -> list[Any]:
    """Hosts that secrets are sent to."""
    found: list[Any] = []
    for name in form.home:
        value = settings.get(name)
        is_address = isinstance(form.base_fields[name], AddressField)
        found.append(urlsplit(str(value or ""))[:2] if is_address else value)
    return found

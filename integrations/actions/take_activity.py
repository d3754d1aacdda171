"""What somebody did with our module in the outside system: switched it on or off, froze it, or moved the account."""

from typing import Final
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from integrations import live as configurations
from integrations.actions.save_integration import update_integration
from integrations.capabilities import ModuleActivity
from integrations.connectors import connector_of
from integrations.models import Integration
from tenants import audit

LONGEST_ADDRESS: Final = 300


@transaction.atomic
def take_activity(row: Integration, told: ModuleActivity) -> None:
    """A module that is switched off there is paused here, and goes on when it is switched on again.

    What people paused here stays paused. Another address is only shown: the key is sent to no address that nobody
    here has entered.
    """
    row = Integration.objects.select_for_update(no_key=True).select_related("tenant").get(pk=row.pk)
    before = {"active": row.module_active, "frozen": row.module_frozen}
    row.module_active, row.module_frozen = told.is_active, told.is_frozen
    row.module_told_at = timezone.now()
    row.module_address = _moved_to(row, told.address)
    row.save(
        update_fields=["module_active", "module_frozen", "module_told_at", "module_address", "updated_at"]
    )
    after = {"active": told.is_active, "frozen": told.is_frozen}
    if before != after:
        audit.record("integration.module_activity", row, before=before, after=after)
    _follow(row, told)
    configurations.forget(row.tenant_id)


def _follow(row: Integration, told: ModuleActivity) -> None:
    """Our own switching off is answered by the same message: then nothing is to be followed."""
    if not told.is_working and row.is_enabled and row.is_registered:
        with override(row.tenant.language):
            reason = (
                _("The module was frozen in %(system)s.")
                if told.is_active
                else _("The module was switched off in %(system)s.")
            )
            update_integration(row, is_enabled=False, reason=reason % {"system": row.system})
        Integration.objects.filter(pk=row.pk).update(is_stopped_there=True)
    elif told.is_working and row.is_stopped_there:
        update_integration(row, is_enabled=True)


def _moved_to(row: Integration, address: str) -> str:
    """The account's new address, empty where it is the one that was entered."""
    setting = connector_of(row.connector).manifest.base_url_setting
    known = urlsplit(str(row.settings.get(setting) or ""))
    try:
        said = urlsplit(address.strip())
    except ValueError:
        return ""
    if said.scheme not in ("http", "https") or not said.hostname or said.hostname == known.hostname:
        return ""
    return f"{said.scheme}://{said.netloc.rpartition('@')[2]}"[:LONGEST_ADDRESS]

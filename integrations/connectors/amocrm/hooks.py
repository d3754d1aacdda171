"""What amoCRM sends when something changes: flat forms, several objects in one, and nothing that proves it.

The secret in the address says that it is amoCRM, and only the ids are taken: the objects are read again.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from integrations.connectors.amocrm.mapping import is_id
from integrations.hooks import FAREWELL, Changed, Happening, Hooks, Removed, Revoked
from integrations.records import RecordKind
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

_FIELD: Final = re.compile(r"(leads|contacts|companies)\[(\w+)\]\[(\d+)\]\[(id|type)\]")
_CHANGES: Final = frozenset({"add", "update", "restore", "status", "responsible"})
_KINDS: Final = {
    "leads": RecordKind.DEAL,
    "contacts": RecordKind.CONTACT,
    "companies": RecordKind.COMPANY,
}
# Hosts whose first part is the account's name, as `account[subdomain]` has it.
_DOMAINS: Final = (".amocrm.ru", ".amocrm.com", ".kommo.com")


class AmoHooks(Hooks):
    """Contacts, companies and leads; tasks, notes and talks are of no use here."""

    preset: ClassVar[str] = "amocrm"
    has_farewell: ClassVar[bool] = True

    def parse(self, arrival: Arrival, settings: Mapping[str, Any]) -> tuple[Happening, ...]:
        form = arrival.data
        if not isinstance(form, dict):
            raise NotReadable("not a form")
        if _is_farewell(form, arrival):
            return (
                Revoked(
                    _("The integration was switched off in amoCRM: switch it on there and connect it again.")
                ),
            )
        if not _is_of_account(form, str(settings.get("url", ""))):
            return ()
        objects: dict[tuple[str, str, str], dict[str, str]] = {}
        for name, value in form.items():
            found = _FIELD.fullmatch(name)
            if found and isinstance(value, str):
                objects.setdefault((found[1], found[2], found[3]), {})[found[4]] = value
        happenings = [
            _happening(plural, action, fields)
            for (plural, action, _place), fields in objects.items()
            if is_id(fields.get("id", ""))
        ]
        return tuple(dict.fromkeys(one for one in happenings if one is not None))

    def is_farewell(self, query: Mapping[str, str], credentials: Mapping[str, Any]) -> bool:
        """`signature` is the HMAC-SHA256 of the integration's id and the account's, by the integration's secret key."""
        client, account = query.get("client_uuid", ""), query.get("account_id", "")
        known, secret = str(credentials.get("client_id") or ""), str(credentials.get("client_secret") or "")
        if not known or not secret or not is_id(account):
            return False
        made = hmac.new(secret.encode(), f"{client}|{account}".encode(), "sha256").hexdigest()
        return _same(client, known) and _same(query.get("signature", "").lower(), made)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _is_farewell(form: Mapping[str, Any], arrival: Arrival) -> bool:
    """Stored by ourselves once the signature was checked (take_farewell.py); what amoCRM posts comes by its secret URL."""
    return FAREWELL in form and not arrival.query and arrival.content_type == "application/json"


def _happening(plural: str, action: str, fields: Mapping[str, str]) -> Happening | None:
    # Companies come among the contacts, told apart by their type.
    kind = RecordKind.COMPANY if fields.get("type") == "company" and plural == "contacts" else _KINDS[plural]
    if action == "delete":
        return Removed(kind, fields["id"])
    return Changed(kind, fields["id"]) if action in _CHANGES else None


def _is_of_account(form: Mapping[str, Any], url: str) -> bool:
    """An address that was entered in two accounts by mistake: the other one's ids mean nothing here."""
    host = urlsplit(url).hostname or ""
    named = form.get("account[subdomain]")
    if not isinstance(named, str) or not named or not host.endswith(_DOMAINS):
        return True
    return host.partition(".")[0].lower() == named.lower()

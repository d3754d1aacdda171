"""A session with one Bitrix24 portal."""

from collections.abc import Iterator

from integrations.capabilities import Account, Caller, CallerLookup, Diagnosis, OutsideUser
from integrations.connectors.bitrix24 import mapping
from integrations.connectors.bitrix24.calls import Calls
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.connectors.bitrix24.crm import CrmRecords
from integrations.connectors.bitrix24.diagnosis import diagnose
from integrations.connectors.bitrix24.follow_ups import FollowUps
from integrations.connectors.bitrix24.objects import COMPANY, CONTACT, LEAD
from integrations.connectors.bitrix24.offline import OfflineEvents
from integrations.connectors.bitrix24.registration import Subscriptions
from integrations.connectors.bitrix24.staff import Staff
from integrations.http.client import ApiClient
from integrations.live import Live
from integrations.phones import digits

# Who is meant when a number belongs to several, by the names that the search for duplicates gives them.
_FOUND = (("CONTACT", CONTACT), ("COMPANY", COMPANY), ("LEAD", LEAD))


class Bitrix24Session(Calls, FollowUps, CrmRecords, Subscriptions, OfflineEvents, Account, CallerLookup):
    """Calls, callers and events need an application; the CRM and the users are read by a webhook, too."""

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Bitrix24(http, live)
        self._staff = Staff(self._api, live)

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, line=str(self.live.settings.get("line") or ""))

    def list_users(self) -> Iterator[OutsideUser]:
        return map(mapping.outside_user, self._api.users())

    def find_caller(self, phone: str) -> Caller | None:
        if not digits(phone):
            return None
        portal = str(self.live.settings["url"])
        if self._api.is_app:
            found = self._api.callers(phone)
            return mapping.caller(found[0], portal) if found else None
        return self._caller_of_webhook(phone, portal)

    def _caller_of_webhook(self, phone: str, portal: str) -> Caller | None:
        """The search of telephony is for applications; that for duplicates says only ids, and its users have no number."""
        found = self._api.duplicates([f"+{digits(phone)}", digits(phone)])
        for name, entity in _FOUND:
            ids = found.get(name)
            if isinstance(ids, list) and ids:
                item = self._api.item(entity, str(ids[0]))
                return None if item is None else mapping.caller(_as_row(name, item), portal)
        return None


def _as_row(name: str, item: dict[str, object]) -> dict[str, object]:
    """An object in the form of telephony's search."""
    parts = [str(item.get(part) or "") for part in ("name", "lastName")]
    return {
        "CRM_ENTITY_TYPE": name,
        "CRM_ENTITY_ID": item.get("id"),
        "NAME": " ".join(part for part in parts if part) or item.get("title"),
        "ASSIGNED_BY_ID": item.get("assignedById"),
    }

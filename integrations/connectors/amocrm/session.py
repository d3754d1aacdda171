"""A session with one amoCRM account."""

from collections.abc import Iterator

from integrations.capabilities import Account, Caller, CallerLookup, Diagnosis, OutsideUser
from integrations.connectors.amocrm import mapping
from integrations.connectors.amocrm.calls import AmoCalls
from integrations.connectors.amocrm.client import AmoCrm
from integrations.connectors.amocrm.diagnosis import diagnose
from integrations.connectors.amocrm.follow_ups import AmoFollowUps
from integrations.connectors.amocrm.records import AmoRecords
from integrations.connectors.amocrm.webhooks import AmoWebhooks
from integrations.http.client import ApiClient
from integrations.live import Live


class AmoCrmSession(AmoCalls, AmoFollowUps, AmoRecords, AmoWebhooks, Account, CallerLookup):
    """Everything that amoCRM can do for us; calls, records and webhooks are in files of their own."""

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self.api = AmoCrm(http)
        self.kinds = self.kinds_for(live.settings)  # type: ignore[misc]  # narrower than the connector's

    def test_connection(self) -> Diagnosis:
        return diagnose(self.api, self.live.settings)

    def list_users(self) -> Iterator[OutsideUser]:
        return (mapping.outside_user(row) for row in self.api.users() if row.get("id"))

    def find_caller(self, phone: str) -> Caller | None:
        """The contact, else the company, that has the number."""
        text = mapping.searched(phone)
        if len(text) < mapping.LEAST_DIGITS:
            return None
        for plural in ("contacts", "companies"):
            found = mapping.with_number(self.api.search(plural, text), phone)
            if found is not None and found.get("id"):
                return Caller(
                    name=str(found.get("name") or ""),
                    url=f"{self.base_url}/{plural}/detail/{found['id']}",
                    contact_id=str(found["id"]) if plural == "contacts" else "",
                    responsible_id=str(found.get("responsible_user_id") or ""),
                )
        return None

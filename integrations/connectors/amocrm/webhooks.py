"""Having amoCRM tell us of changes: subscriptions by its API."""

from typing import Final
from urllib.parse import urlencode

from integrations.connector import Session
from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.hooks import WebhookRegistration
from tenants.errors import RemoteRejected

_ENTITIES = ("lead", "contact", "company")
# Seen in use; the others follow their pattern, and an account may not know one of them.
CERTAIN: Final = ("add_lead", "update_lead", "add_contact", "update_contact")
WANTED: Final = (
    *(f"{action}_{entity}" for action in ("add", "update", "delete", "restore") for entity in _ENTITIES),
    "status_lead",
    "responsible_lead",
)


class AmoWebhooks(Session, WebhookRegistration):
    """Nothing is signed: the secret is a part of the address."""

    api: AmoCrm

    def subscribe(self, url: str, secret: str) -> None:
        if self.is_subscribed(url):
            return
        destination = url
        if secret and secret not in url:
            destination += ("&" if "?" in url else "?") + urlencode({"token": secret})
        try:
            self.api.subscribe(destination, WANTED)
        except RemoteRejected:
            self.api.subscribe(destination, CERTAIN)

    def is_subscribed(self, url: str) -> bool:
        return any(not row.get("disabled") for row in self._ours(url))

    def unsubscribe(self, url: str) -> None:
        for row in self._ours(url):
            self.api.unsubscribe(str(row["destination"]))

    def _ours(self, url: str) -> list[Row]:
        """By the address without its secret."""
        return [row for row in self.api.webhooks() if _bare(str(row.get("destination", ""))) == _bare(url)]


def _bare(url: str) -> str:
    return url.partition("?")[0].rstrip("/")

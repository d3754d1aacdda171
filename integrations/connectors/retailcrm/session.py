"""Works for one integration with RetailCRM."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.cache import cache
from django.templatetags.static import static

from integrations.capabilities import (
    Account,
    AssignedExtension,
    CallHangup,
    CallKind,
    CallNotifications,
    CallReceipt,
    CallRinging,
    Diagnosis,
    DirectoryReceipt,
    ExtensionDirectory,
    FinishedCall,
    ModuleRegistration,
    OutsideUser,
    Repeat,
)
from integrations.connector import Session
from integrations.connectors.retailcrm import mapping
from integrations.connectors.retailcrm.client import RetailCrm
from integrations.connectors.retailcrm.diagnosis import diagnose
from integrations.http.client import ApiClient
from integrations.live import Live
from tenants.errors import AuthFailed, RemoteRejected

ZONE_KEPT_SECONDS = 6 * 3600
LOGO = "integrations/switchboard.svg"


class RetailCrmSession(Session, Account, CallNotifications, ExtensionDirectory, ModuleRegistration):
    """RetailCRM reports a call that it has already as a duplicate, so uploads may be repeated; pop-ups may not."""

    repeatable: ClassVar[Mapping[CallKind, Repeat]] = MappingProxyType(
        {
            CallKind.RINGING: Repeat.IF_UNSENT,
            CallKind.HANGUP: Repeat.IF_UNSENT,
            CallKind.FINISHED: Repeat.ALWAYS,
        }
    )

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = RetailCrm(http)
        self._site = str(live.settings.get("site", ""))

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, site=self._site, timezone=str(self.live.settings.get("timezone", "")))

    def list_users(self) -> Iterator[OutsideUser]:
        return map(mapping.outside_user, self._api.users())

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        answer = self._api.call_event(mapping.ringing_event(call, self._site))
        return self.noted(mapping.event_receipt(answer, call))

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        answer = self._api.call_event(mapping.hangup_event(call, self._site))
        return self.noted(mapping.event_receipt(answer, call))

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        answer = self._api.upload_calls([mapping.history_entry(call, self._zone(), self._site)])
        return mapping.upload_receipt(answer, call.external_id)

    def push_extensions(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self.register(assignments)

    def read_extensions(self) -> tuple[AssignedExtension, ...] | None:
        module = self._api.module(self._module_code)
        return None if module is None else mapping.registered_extensions(module)

    def register(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self._edit(assignments, is_active=True)

    def deactivate(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self._edit(assignments, is_active=False)

    @property
    def _module_code(self) -> str:
        """The server wants the module's own code to begin with the integration code."""
        return f"{mapping.INTEGRATION_CODE}-{self.live.id.hex[-12:]}"

    def _edit(self, assignments: Sequence[AssignedExtension], *, is_active: bool) -> DirectoryReceipt:
        logo = static(LOGO)
        block = mapping.module_block(
            code=self._module_code,
            client_id=str(self.live.own_secrets["client_id"]),
            base_url=settings.PUBLIC_URL,
            logo_url=logo if logo.startswith("http") else settings.PUBLIC_URL + logo,
            assignments=assignments,
            is_active=is_active,
        )
        return mapping.module_receipt(self._api.edit_module(self._module_code, block), assignments)

    def _zone(self) -> ZoneInfo:
        """Entered by hand, else what the account says, else the company's own."""
        entered = self.live.settings.get("timezone")
        if entered:
            return ZoneInfo(str(entered))
        key = f"retailcrm:zone:{self.live.id}:{self.live.version}"
        name = cache.get(key)
        if name is None:
            name = self._account_zone()
            cache.set(key, name, ZONE_KEPT_SECONDS)
        return ZoneInfo(name)

    def _account_zone(self) -> str:
        try:
            name = mapping.account_zone(self._api.settings())
            return str(ZoneInfo(name)) if name else self.live.timezone
        except (AuthFailed, RemoteRejected, ZoneInfoNotFoundError, ValueError):
            # The key may not read the settings, or the zone has a name of their own: the diagnosis says so.
            return self.live.timezone

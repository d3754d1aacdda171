"""Works for one integration with RetailCRM."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.cache import cache
from django.templatetags.static import static
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _

from config.front import registry as front_routes
from integrations.capabilities import (
    Account,
    AssignedExtension,
    CallAnswered,
    Caller,
    CallerLookup,
    CallHangup,
    CallKind,
    CallNotifications,
    CallReceipt,
    CallRinging,
    Change,
    Changes,
    Diagnosis,
    DirectoryReceipt,
    ExtensionDirectory,
    FieldDescription,
    FinishedCall,
    KindSupport,
    ModuleRegistration,
    OutsideUser,
    Page,
    Records,
    Repeat,
    Written,
)
from integrations.connectors.retailcrm import mapping
from integrations.connectors.retailcrm.client import RetailCrm
from integrations.connectors.retailcrm.diagnosis import diagnose
from integrations.connectors.retailcrm.follow_ups import RetailFollowUps
from integrations.connectors.retailcrm.record_fields import described
from integrations.connectors.retailcrm.record_mapping import Place, statuses
from integrations.connectors.retailcrm.record_sync import KINDS, RecordSync
from integrations.connectors.retailcrm.records_client import RecordCalls
from integrations.connectors.retailcrm.tasks_client import TaskCalls
from integrations.http.client import ApiClient
from integrations.live import Live
from integrations.phones import digits
from integrations.records import Json, Record, RecordKind
from tenants.errors import AuthFailed, RemoteRejected, Unsupported

ZONE_KEPT_SECONDS = 6 * 3600
STATUSES_KEPT_SECONDS = 600
LOGO = "integrations/switchboard.svg"


class RetailCrmSession(
    RetailFollowUps, Account, CallNotifications, ExtensionDirectory, ModuleRegistration, Records, CallerLookup
):
    """RetailCRM reports a call that it has already as a duplicate, so uploads may be repeated; pop-ups may not."""

    hears_answers: ClassVar[bool] = True
    only_hides: ClassVar[bool] = True
    amends_uploads: ClassVar[bool] = True
    repeatable: ClassVar[Mapping[CallKind, Repeat]] = MappingProxyType(
        {
            CallKind.RINGING: Repeat.IF_UNSENT,
            CallKind.ANSWERED: Repeat.ALWAYS,
            CallKind.HANGUP: Repeat.IF_UNSENT,
            CallKind.FINISHED: Repeat.ALWAYS,
        }
    )

    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = MappingProxyType(
        dict.fromkeys(
            KINDS,
            KindSupport(
                is_writable=True, changes=Changes.CURSOR, names_deleted=True, batch=20, finds_by_key=True
            ),
        )
    )

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = RetailCrm(http)
        self._site = str(live.settings.get("site", ""))
        self._calls = RecordCalls(http, self._site)
        self._tasks = TaskCalls(http, self._site)
        self._sync = RecordSync(self._calls, lambda: self._place)

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, site=self._site, timezone=str(self.live.settings.get("timezone", "")))

    def list_users(self) -> Iterator[OutsideUser]:
        """With the codes that they have there now: those are not among a user's fields, but in our module."""
        codes = self._codes_there()
        for row in self._api.users():
            user = mapping.outside_user(row)
            yield replace(user, extension=codes.get(user.id, ""))

    def _codes_there(self) -> dict[str, str]:
        try:
            return {one.user_id: one.extension for one in self.read_extensions() or ()}
        except (AuthFailed, RemoteRejected):
            return {}  # the key may read users and not modules

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        answer = self._api.call_event(mapping.ringing_event(call, self._site))
        return self.noted(mapping.event_receipt(answer, call))

    def notify_answered(self, call: CallAnswered) -> CallReceipt:
        """There is no event for an answer; for those whose phones rang in vain the call is over."""
        if len(call.extensions) < 2:
            raise Unsupported(_("Nobody else's phone rang, so there is no pop-up to close."))
        answer = self._api.call_event(mapping.taken_event(call, self._site))
        return self.noted(mapping.event_receipt(answer, replace(call, extensions=call.extensions[1:])))

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        answer = self._api.call_event(mapping.hangup_event(call, self._site))
        return self.noted(mapping.event_receipt(answer, call))

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        answer = self._api.upload_calls([mapping.history_entry(call, self._zone(), self._site)])
        return mapping.upload_receipt(answer, call.external_id)

    def push_extensions(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self._edit(assignments, is_active=self.live.module_active is not False)

    def read_extensions(self) -> tuple[AssignedExtension, ...] | None:
        module = self._api.module(self._module_code)
        return None if module is None else mapping.registered_extensions(module)

    def register(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self._edit(assignments, is_active=True)

    def deactivate(self, assignments: Sequence[AssignedExtension]) -> DirectoryReceipt:
        return self._edit(assignments, is_active=False)

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        _require(kind)
        return self._sync.read(kind, position, timezone.now())

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        _require(kind)
        is_number = outside_id.isascii() and outside_id.isdecimal() and len(outside_id) <= 18
        return self._sync.fetch(kind, outside_id) if is_number else None

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        _require(kind)
        return self._sync.write(kind, changes)

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        return described(self._calls, kind)

    def find_caller(self, phone: str) -> Caller | None:
        """Asked for a free manager first; for a customer without one, whose customer it is in spite of that."""
        free = self._calls.manager(digits(phone), ignores_status=False)
        if found := mapping.caller(free, is_available=True):
            return found
        busy = self._calls.manager(digits(phone), ignores_status=True) if free.get("customer") else {}
        return mapping.caller(busy, is_available=False) or mapping.customer_as_caller(free)

    @cached_property
    def _place(self) -> Place:
        key = f"retailcrm:statuses:{self.live.id}:{self.live.version}"
        known = cache.get(key)
        if known is None:
            known = statuses(self._calls.statuses())
            cache.set(key, known, STATUSES_KEPT_SECONDS)
        url = str(self.live.settings.get("url", ""))
        return Place(self._zone(), self.live.phone_region, url, known)

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
            phones=self.live.settings.get("phones") or (),
            makes_calls=_is_served(mapping.MAKE_CALL_PATH),
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


def _is_served(path: str) -> bool:
    """Whether this installation answers there."""
    try:
        resolve(path)
    except Resolver404:
        return front_routes.default.find(path) is not None
    return True


def _require(kind: RecordKind) -> None:
    if kind not in KINDS:
        raise Unsupported(f"retailcrm: {kind}")

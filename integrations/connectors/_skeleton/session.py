"""A session with one account of Skeleton."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.utils.translation import gettext as _

from integrations.capabilities import (
    Account,
    Change,
    Changes,
    Diagnosis,
    Fault,
    FieldDescription,
    KindSupport,
    OutsideUser,
    Page,
    Records,
    Written,
)
from integrations.connector import Session
from integrations.connectors._skeleton import mapping
from integrations.connectors._skeleton.client import Api
from integrations.connectors._skeleton.diagnosis import diagnose
from integrations.connectors._skeleton.mapping import PLURALS, Unreadable
from integrations.hooks import WebhookRegistration
from integrations.http.client import ApiClient
from integrations.live import Live
from integrations.records import Json, Record, RecordKind
from tenants.errors import HubError, RemoteRejected

BOTH_WAYS = KindSupport(
    is_writable=True, changes=Changes.WATERMARK, lag=timedelta(seconds=30), finds_by_key=True
)


class SkeletonSession(Session, Account, Records, WebhookRegistration):
    """Every object is one request to write; a list is read by page tokens."""

    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = dict.fromkeys(PLURALS, BOTH_WAYS)

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Api(http)

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api)

    def ping(self) -> None:
        self._api.account()

    def list_users(self) -> Iterator[OutsideUser]:
        return map(mapping.user, self._api.users())

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        since = mapping.stamp(changed_since) if changed_since else ""
        rows, token = self._api.page(PLURALS[kind], str((position or {}).get("token", "")), since)
        records: list[Record] = []
        faults: list[Fault] = []
        for row in rows:
            try:
                records.append(self._record(kind, row))
            except RemoteRejected as error:
                faults.append(Fault(str(row.get("id") or ""), str(error)))
        return Page(records=tuple(records), faults=tuple(faults), next={"token": token} if token else None)

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        row = self._api.one(PLURALS[kind], outside_id)
        return None if row is None else self._record(kind, row)

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        return tuple(self._written(kind, change) for change in changes)

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        return mapping.fields(kind)

    def subscribe(self, url: str, secret: str) -> None:
        if not self.is_subscribed(url):
            self._api.add_hook(url, secret)

    def is_subscribed(self, url: str) -> bool:
        return any(row.get("url") == url and row.get("active") is True for row in self._api.hooks())

    def unsubscribe(self, url: str) -> None:
        for row in self._api.hooks():
            if row.get("url") == url:
                self._api.remove_hook(str(row.get("id")))

    def _written(self, kind: RecordKind, change: Change) -> Written:
        try:
            row = self._write(kind, change)
        except HubError as error:
            return Written(key=change.key, outside_id=change.record.outside_id, error=error)
        return Written(
            key=change.key, outside_id=str(row["id"]), updated_at=mapping.moment(row["updated_at"])
        )

    def _write(self, kind: RecordKind, change: Change) -> Json:
        body = mapping.body(kind, change)
        if change.record.outside_id:
            return self._api.update(PLURALS[kind], change.record.outside_id, body)
        return self._api.create(PLURALS[kind], body, change.key)

    def _record(self, kind: RecordKind, row: Json) -> Record:
        try:
            return mapping.record(kind, row, self.live.phone_region)
        except Unreadable as error:
            raise RemoteRejected(_("It could not be read: %(why)s.") % {"why": error}) from error

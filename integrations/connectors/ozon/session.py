"""Works for one integration with Ozon."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

from django.utils import timezone

from integrations.capabilities import (
    Account,
    Change,
    Changes,
    Diagnosis,
    FieldDescription,
    KindSupport,
    Page,
    Records,
    Written,
)
from integrations.connector import Session
from integrations.connectors.ozon.client import Ozon
from integrations.connectors.ozon.diagnosis import diagnose
from integrations.connectors.ozon.fields import described
from integrations.connectors.ozon.hooks import TYPES
from integrations.connectors.ozon.manifest import DEFAULT_FBO_DAYS, DEFAULT_HISTORY_DAYS
from integrations.connectors.ozon.mapping import FBO
from integrations.connectors.ozon.reading import Reader
from integrations.connectors.ozon.writing import write_prices, write_stocks
from integrations.hooks import WebhookRegistration
from integrations.http.client import ApiClient
from integrations.live import Live
from integrations.records import Json, Record, RecordKind
from tenants.errors import Unsupported

_POSTING = re.compile(r"[0-9A-Za-z-]{1,60}")
_NUMBER = re.compile(r"[0-9]{1,18}")


class OzonSession(Session, Account, Records, WebhookRegistration):
    """A cabinet is one seller: there are no users to load."""

    has_users: ClassVar[bool] = False
    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = MappingProxyType(
        {
            # Lists trail behind what happened; five minutes are what Ozon's own advice comes to.
            RecordKind.ORDER: KindSupport(changes=Changes.WATERMARK, lag=timedelta(minutes=5)),
            RecordKind.DOCUMENT: KindSupport(changes=Changes.WATERMARK, lag=timedelta(minutes=5)),
            RecordKind.PRODUCT: KindSupport(is_writable=True, batch=1000),
            RecordKind.STOCK: KindSupport(is_writable=True, finds_by_key=True, batch=100),
        }
    )

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Ozon(http, str(live.settings["client_id"]))
        days = {"history_days": DEFAULT_HISTORY_DAYS, "fbo_days": DEFAULT_FBO_DAYS}
        self._reader = Reader(self._api, {**days, **live.settings}, live.phone_region)
        self._warehouse = str(live.settings.get("warehouse_id", ""))

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, self._warehouse, timezone.now())

    def ping(self) -> None:
        self._api.roles()

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        if kind is RecordKind.ORDER:
            return self._reader.orders(position, changed_since, timezone.now())
        if kind is RecordKind.PRODUCT:
            return self._reader.products(position)
        if kind is RecordKind.STOCK:
            return self._reader.stocks(position)
        if kind is RecordKind.DOCUMENT:
            return self._reader.returns(position, changed_since, timezone.now())
        raise Unsupported(f"ozon: {kind}")

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        if kind is RecordKind.ORDER:
            return self._reader.order(outside_id) if _POSTING.fullmatch(outside_id) else None
        if kind is RecordKind.PRODUCT:
            return self._reader.product(outside_id) if _NUMBER.fullmatch(outside_id) else None
        if kind is RecordKind.DOCUMENT:
            is_id = _NUMBER.fullmatch(outside_id) and int(outside_id)
            return self._reader.goods_return(int(outside_id)) if is_id else None
        product, _colon, warehouse = outside_id.partition(":")
        if not _NUMBER.fullmatch(product) or not (warehouse == FBO or _NUMBER.fullmatch(warehouse)):
            return None
        return self._reader.stock(product, warehouse)

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        if kind is RecordKind.PRODUCT:
            return write_prices(self._api, changes)
        if kind is RecordKind.STOCK:
            return write_stocks(self._api, self._reader, changes, self._warehouse)
        raise Unsupported(f"ozon: {kind}")

    def describe(self, kind: RecordKind) -> tuple[FieldDescription, ...]:
        return described(kind)

    def subscribe(self, url: str, secret: str) -> None:
        """The URL brings its token along: Ozon can neither sign nor send a secret."""
        known = next((row for row in self._api.notification_urls() if row.get("url") == url), None)
        if known is None:
            self._api.set_notifications(url, TYPES)
        elif known.get("enable") is not True:
            self._api.enable_notifications(int(known["id"]))

    def is_subscribed(self, url: str) -> bool:
        return any(
            row.get("url") == url and row.get("enable") is True for row in self._api.notification_urls()
        )

    def unsubscribe(self, url: str) -> None:
        for row in self._api.notification_urls():
            if row.get("url") == url:
                self._api.delete_notifications(int(row["id"]))

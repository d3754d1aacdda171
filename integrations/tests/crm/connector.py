"""The connector of the made-up CRM."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from integrations.capabilities import Change, Changes, Fault, KindSupport, Page, Records, Repeat, Written
from integrations.connector import Connector, Session
from integrations.fields import Field, FieldType
from integrations.http.auth import HeaderKey
from integrations.http.messages import Request, Response
from integrations.manifest import Category, Manifest, RateLimit
from integrations.records import Company, Contact, Json, Money, Product, Record, RecordKind
from tenants.errors import HubError, RemoteRejected

FOLDERS = {RecordKind.CONTACT: "contacts", RecordKind.COMPANY: "companies", RecordKind.PRODUCT: "products"}
LAG = timedelta(seconds=5)


class TinySession(Session, Records):
    kinds: ClassVar[Mapping[RecordKind, KindSupport]] = {
        RecordKind.CONTACT: KindSupport(is_writable=True, changes=Changes.WATERMARK, lag=LAG, batch=2),
        RecordKind.COMPANY: KindSupport(changes=Changes.CURSOR, names_deleted=True),
        RecordKind.PRODUCT: KindSupport(),
    }

    def read(
        self, kind: RecordKind, position: Json | None = None, changed_since: datetime | None = None
    ) -> Page:
        if kind is RecordKind.COMPANY and position is not None and "after" in position:
            return self._feed(position["after"])
        offset = position["offset"] if position else 0
        query = [("offset", str(offset))]
        if changed_since is not None:
            query.append(("since", changed_since.isoformat()))
        found = self._call("GET", f"/{FOLDERS[kind]}", query=tuple(query)).json_object()
        items = found["items"]
        records, faults = [], []
        for item in items:
            try:
                records.append(record_of(kind, item))
            except ValueError as error:
                faults.append(Fault(item["id"], str(error)))
        end = offset + len(items)
        # Where a feed begins is asked for before the first page, not after the last.
        begin = position["begin"] if position else self._end_of_feed(kind)
        is_last = not items or end >= found["total"]
        following = None if is_last else {"offset": end, "begin": begin}
        resume = {"after": begin} if kind is RecordKind.COMPANY else None
        return Page(
            records=tuple(records), next=following, resume=resume, faults=tuple(faults), total=found["total"]
        )

    def _end_of_feed(self, kind: RecordKind) -> int:
        if kind is not RecordKind.COMPANY:
            return 0
        return int(self._call("GET", "/feed-end").json_object()["after"])

    def _feed(self, after: int) -> Page:
        found = self._call("GET", "/feed/companies", query=(("after", str(after)),)).json_object()
        place = {"after": found["after"]}
        return Page(
            records=tuple(record_of(RecordKind.COMPANY, item) for item in found["items"]),
            next=place if found["more"] else None,
            resume=place,
            deleted=tuple(found["gone"]),
        )

    def fetch(self, kind: RecordKind, outside_id: str) -> Record | None:
        try:
            return record_of(kind, self._call("GET", f"/{FOLDERS[kind]}/{outside_id}").json_object())
        except RemoteRejected:
            return None

    def write(self, kind: RecordKind, changes: Sequence[Change]) -> tuple[Written, ...]:
        return tuple(self._written(kind, change) for change in changes)

    def _written(self, kind: RecordKind, change: Change) -> Written:
        contact = change.record
        assert isinstance(contact, Contact)
        body: dict[str, Any] = {
            "name": contact.name, "phones": list(contact.phones), "comment": contact.comment,
            "position": contact.position,
        }  # fmt: skip
        if change.fields:
            body = {name: value for name, value in body.items() if name in change.fields}
        path = f"/{FOLDERS[kind]}" + (f"/{contact.outside_id}" if contact.outside_id else "")
        try:
            method = "PATCH" if contact.outside_id else "POST"
            found = self._call(method, path, body={"key": change.key, **body}).json_object()
        except HubError as error:
            return Written(key=change.key, error=error)
        return Written(key=change.key, outside_id=found["id"])

    def _call(
        self, method: str, path: str, query: tuple[tuple[str, str], ...] = (), body: Any = None
    ) -> Response:
        return self.http.call(
            Request(method=method, path=path, operation=path, query=query, json=body, repeat=Repeat.NEVER)
        )


def record_of(kind: RecordKind, item: Json) -> Record:
    """ValueError for an object without a name."""
    common: dict[str, Any] = {"outside_id": item["id"], "updated_at": datetime.fromisoformat(item["changed"])}
    if not isinstance(item.get("name"), str):
        raise ValueError("it has no name")
    if kind is RecordKind.COMPANY:
        return Company(name=item["name"], **common)
    if kind is RecordKind.PRODUCT:
        price = Money(Decimal(item["price"]), "BYN") if "price" in item else None
        return Product(name=item["name"], price=price, **common)
    return Contact(
        name=item["name"],
        phones=tuple(item.get("phones", ())),
        comment=item.get("comment", ""),
        position=item.get("position", ""),
        **common,
    )


CONNECTOR = Connector(
    manifest=Manifest(
        code="tinycrm",
        name="Tiny CRM",
        category=Category.CRM,
        summary="Made up.",
        docs_url="https://example.com/",
        capabilities=(Records,),
        settings=(Field("url", "Address", FieldType.URL),),
        credentials=(Field("key", "Key", FieldType.SECRET),),
        base_url_setting="url",
        rate_limits=(RateLimit("default", per_second=10_000, burst=10_000),),
        auth=HeaderKey("X-Key", "key"),
    ),
    session_class=TinySession,
)

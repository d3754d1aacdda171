"""Endpoints of webhooks from a file: the room that has them knows nothing of files, and this one sees both."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from exports.imports.importer import Found, Given, Importer, Values, Write, register_importer
from tenants import audit
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.models import Delivery, Endpoint


@register_importer
class EndpointImporter(Importer):
    """Found by the name. There are dozens of them, not thousands: each is checked and saved by the action for one."""

    dataset = "endpoints"
    columns = ("name", "url", "events", "description")
    needed = ("name",)
    scopes = ("endpoints:read", "endpoints:write")
    at_once = 20

    def find(self, rows: Sequence[Given]) -> list[Found]:
        names = [str(one.values.get("name") or "").strip() for one in rows]
        there = {row.name: row for row in Endpoint.objects.filter(name__in=names)}
        return [self._found(one, name, there.get(name)) for one, name in zip(rows, names, strict=True)]

    def _found(self, given: Given, name: str, row: Endpoint | None) -> Found:
        if not name:
            return Found(problems={"name": _("It is empty.")})
        if row is None:
            return Found(name)
        current = _values(row)
        # An export shows the beginning of a URL, which may hold a secret: given back, it means the stored one.
        if given.values.get("url") == row.shown_url:
            current = {**current, "url": row.shown_url}
        return Found(name, row.pk, current)

    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        known = Endpoint.objects.get(name=current["name"]) if current else Endpoint(tenant=self.tenant)
        row = _with(copy(known), values)
        row.full_clean(validate_unique=False, validate_constraints=False)
        return {name: getattr(row, name) for name in values}

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        rows = Endpoint.objects.select_for_update(of=("self",)).filter(pk__in=list(ids)).order_by("pk")
        return {row.pk: _values(row) for row in rows}

    def blank(self) -> Values:
        return _values(Endpoint())

    def create(self, rows: Sequence[Write]) -> None:
        for one in rows:
            create_endpoint(_with(Endpoint(pk=one.id, tenant=self.tenant), one.values))

    def change(self, rows: Sequence[Write]) -> None:
        there = Endpoint.objects.in_bulk([one.id for one in rows])
        for one in rows:
            row = there[one.id]
            before = audit.snapshot(row)
            _with(row, one.values)
            row.full_clean()
            row.save()
            old, new = audit.changed(before, audit.snapshot(row))
            audit.record("endpoint.updated", row, before=old, after=new)

    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        used = set(Delivery.objects.filter(endpoint__in=ids).values_list("endpoint_id", flat=True).distinct())
        for row in Endpoint.objects.filter(pk__in=ids).exclude(pk__in=used):
            audit.record("endpoint.deleted", row, before=audit.snapshot(row))
            row.delete()
        return {one: _("Events were sent there by now.") for one in used}

    def title(self, values: Values, current: Values | None) -> str:
        return str(values.get("name") or (current or {}).get("name") or "")


def _values(row: Endpoint) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in EndpointImporter.columns}


def _with(row: Endpoint, values: Values) -> Endpoint:
    for name, value in values.items():
        empty: Any = [] if name == "events" else ""
        setattr(row, name, empty if value is None else value)
    return row

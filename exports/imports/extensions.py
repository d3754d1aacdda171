"""Internal numbers from a file: found by their number."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from exports.imports.importer import Found, Given, Importer, Values, Write
from tenants.actions.save_extensions import (
    change_extensions,
    checked_extension,
    create_extensions,
    delete_unused_extensions,
)
from tenants.models import Extension


class ExtensionImporter(Importer):
    dataset = "extensions"
    columns = ("number", "name")
    needed = ("number",)

    def find(self, rows: Sequence[Given]) -> list[Found]:
        numbers = [str(one.values.get("number") or "") for one in rows]
        there = {row.number: row for row in Extension.objects.filter(number__in=numbers)}
        return [self._found(number, there.get(number)) for number in numbers]

    @staticmethod
    def _found(number: str, row: Extension | None) -> Found:
        if not number:
            return Found(problems={"number": _("It is empty.")})
        if row is None:
            return Found(number)
        return Found(number, row.pk, _values(row))

    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        return checked_extension(values)

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        rows = Extension.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
        return {row.pk: _values(row) for row in rows}

    def create(self, rows: Sequence[Write]) -> None:
        create_extensions(self.tenant, {one.id: one.values for one in rows})

    def change(self, rows: Sequence[Write]) -> None:
        change_extensions({one.id: one.values for one in rows})

    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        kept = delete_unused_extensions(ids)
        return {one: _("A member has this number.") for one in kept}


def _values(row: Extension) -> Values:
    return {"number": row.number, "name": row.name}

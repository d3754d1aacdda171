"""Internal numbers from a file, with the mobile numbers of who has them: found by their number."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exports.imports.importer import Found, Given, Importer, Values, Write
from tenants.actions.save_extensions import (
    change_extensions,
    checked_extension,
    create_extensions,
    delete_unused_extensions,
)
from tenants.actions.save_mobiles import checked_mobiles, mobiles_of, save_mobiles_of
from tenants.models import Extension, Mobile


class ExtensionImporter(Importer):
    dataset = "extensions"
    columns = ("number", "name", "mobiles")
    needed = ("number",)

    def find(self, rows: Sequence[Given]) -> list[Found]:
        numbers = [str(one.values.get("number") or "") for one in rows]
        stored = Extension.objects.filter(number__in=numbers).prefetch_related("mobiles")
        there = {row.number: row for row in stored}
        wanted = [self._mobiles(one) for one in rows]
        owners = self._kept_by_others(dict(zip(numbers, wanted, strict=True)))
        return [
            self._found(number, there.get(number), mobiles or [], owners)
            for number, mobiles in zip(numbers, wanted, strict=True)
        ]

    def _mobiles(self, given: Given) -> list[str] | None:
        """None where the file says nothing of them, or nothing that could be read, which `clean` complains of."""
        if "mobiles" not in given.values:
            return None
        try:
            return checked_mobiles(given.values["mobiles"] or [], self.tenant.phone_region)
        except ValidationError:
            return None

    @staticmethod
    def _kept_by_others(wanted: Mapping[str, list[str] | None]) -> dict[str, str]:
        """Mobile number -> the extension that has it, or is the first of these rows to want it; not those that give it away."""
        asked = {mobile for mobiles in wanted.values() for mobile in mobiles or ()}
        stored = Mobile.objects.filter(number__in=asked).values_list("number", "extension__number")
        owners = {
            mobile: owner for mobile, owner in stored if (its := wanted.get(owner)) is None or mobile in its
        }
        for number, mobiles in wanted.items():
            for mobile in mobiles or ():
                owners.setdefault(mobile, number)
        return owners

    @staticmethod
    def _found(
        number: str, row: Extension | None, mobiles: Sequence[str], owners: Mapping[str, str]
    ) -> Found:
        if not number:
            return Found(problems={"number": _("It is empty.")})
        taken = next((one for one in mobiles if owners[one] != number), None)
        if taken is not None:
            text = _("%(number)s is the number of %(extension)s.")
            return Found(number, problems={"mobiles": text % {"number": taken, "extension": owners[taken]}})
        if row is None:
            return Found(number)
        return Found(number, row.pk, _values(row))

    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        found = checked_extension(values)
        if "mobiles" in values:
            try:
                found["mobiles"] = checked_mobiles(values["mobiles"] or [], self.tenant.phone_region)
            except ValidationError as error:
                raise ValidationError({"mobiles": error.messages}) from error
        return found

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        rows = Extension.objects.select_for_update().filter(pk__in=list(ids)).order_by("pk")
        return {row.pk: _values(row) for row in rows.prefetch_related("mobiles")}

    def create(self, rows: Sequence[Write]) -> None:
        create_extensions(self.tenant, {one.id: one.values for one in rows})
        self._save_mobiles(rows)

    def change(self, rows: Sequence[Write]) -> None:
        change_extensions({one.id: one.values for one in rows})
        self._save_mobiles(rows)

    @staticmethod
    def _save_mobiles(rows: Sequence[Write]) -> None:
        wanted = {one.id: one.values["mobiles"] for one in rows if "mobiles" in one.values}
        there = Extension.objects.in_bulk(list(wanted)) if wanted else {}
        save_mobiles_of({row: wanted[pk] or [] for pk, row in there.items()})

    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        kept = delete_unused_extensions(ids)
        return {one: _("A member has this number.") for one in kept}


def _values(row: Extension) -> Values:
    return {"number": row.number, "name": row.name, "mobiles": mobiles_of(row)}

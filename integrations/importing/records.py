"""Contacts, client companies and products from a file."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exports.imports.importer import Found, Given, Importer, Values, Write, register_importer
from integrations.actions.edit_record import checked_values
from integrations.actions.edit_records import change_records, create_records, held, take_back_records
from integrations.importing.finding import Clue, Search
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store.content import plain, values_of_row
from integrations.store.parts import LISTS
from integrations.store.shapes import Shape, shape_of
from tenants.access import MANAGERS

# Of columns that are never empty, an empty cell says nothing.
_NEVER_EMPTY: Final = ("is_active",)


class RecordImporter(Importer):
    """Found by the id, else by the first thing of its kind that the row has (`integrations/importing/finding.py`)."""

    kind: ClassVar[RecordKind]
    clues: ClassVar[tuple[Clue, ...]]
    roles = MANAGERS

    @property
    def shape(self) -> Shape:
        return shape_of(self.kind)

    def find(self, rows: Sequence[Given]) -> list[Found]:
        search = Search(self.shape, self.clues, self.tenant.phone_region)
        return [self._found(one, *found) for one, found in zip(rows, search.run(rows), strict=True)]

    def _found(self, given: Given, key: str, row: StoredRecord | None, problem: Mapping[str, str]) -> Found:
        if problem:
            return Found(problems=problem)
        if row is not None:
            return Found(str(row.pk), row.pk, self._values(row))
        return Found(key)

    def clean(self, values: Values, current: Values | None) -> dict[str, Any]:
        wanted = {
            name: _default(self.shape, name) if value is None else value
            for name, value in values.items()
            if value is not None or name not in _NEVER_EMPTY
        }
        known = current or self._values(self.shape.model())
        found = checked_values(self.shape, wanted, known, self.tenant.phone_region)
        self._check_whole({**known, **found})
        return {name: plain(value) for name, value in found.items()}

    def _check_whole(self, values: Values) -> None:
        """What a record needs as a whole; ValidationError."""
        if not any(values.get(name) for name in ("name", *LISTS)):
            raise ValidationError({"name": _("A name, a phone or an e-mail is needed.")})

    def read(self, ids: Iterable[UUID]) -> dict[UUID, Values]:
        return {pk: self._values(row) for pk, row in held(self.tenant, self.kind, list(ids)).items()}

    def blank(self) -> Values:
        return self._values(self.shape.model())

    def create(self, rows: Sequence[Write]) -> None:
        create_records(self.tenant, self.kind, {one.id: one.values for one in rows})

    def change(self, rows: Sequence[Write]) -> None:
        change_records(self.tenant, self.kind, {one.id: one.values for one in rows})

    def remove(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        return take_back_records(self.tenant, self.kind, ids)

    def _values(self, row: StoredRecord) -> Values:
        values = values_of_row(row, self.shape)
        return {name: plain(values[name]) for name in self.columns if name in values}


def _default(shape: Shape, name: str) -> Any:
    return shape.columns[name].get_default() if name in shape.columns else None


@register_importer
class ContactImporter(RecordImporter):
    kind = RecordKind.CONTACT
    dataset = "contacts"
    columns = (
        "id", "name", "first_name", "middle_name", "last_name", "phones", "emails", "position", "address", "comment",
    )  # fmt: skip
    any_of = ("name", "phones", "emails", "id")
    clues = (Clue.PHONE, Clue.EMAIL, Clue.NAME)
    scopes = ("contacts:read", "contacts:write")


@register_importer
class CompanyImporter(RecordImporter):
    kind = RecordKind.COMPANY
    dataset = "companies"
    columns = ("id", "name", "tax_number", "phones", "emails", "website", "address", "comment")
    any_of = ("name", "tax_number", "phones", "emails", "id")
    clues = (Clue.TAX_NUMBER, Clue.PHONE, Clue.EMAIL, Clue.NAME)
    scopes = ("companies:read", "companies:write")


@register_importer
class ProductImporter(RecordImporter):
    kind = RecordKind.PRODUCT
    dataset = "products"
    columns = ("id", "name", "sku", "barcodes", "price", "old_price", "currency", "category", "is_active")
    any_of = ("name", "sku", "id")
    clues = (Clue.SKU, Clue.NAME)
    scopes = ("products:read",)

    def _check_whole(self, values: Values) -> None:
        if not values.get("name") and not values.get("sku"):
            raise ValidationError({"name": _("A name or an article number is needed.")})
        if values.get("currency") and len(values["currency"]) != 3:
            raise ValidationError({"currency": _("Three letters, such as BYN.")})

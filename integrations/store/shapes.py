"""Which field of a record goes into which column: read from the dataclasses and the models, which have the same names."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Final

from django.db import models

from integrations.models.records import MODELS, StoredRecord
from integrations.records import CLASSES, Money, Record, RecordKind

LINES: Final = "lines"
CURRENCY: Final = "currency"
CUSTOM: Final = "custom"
REFERENCES: Final = {
    "contact_ids": RecordKind.CONTACT,
    "company_ids": RecordKind.COMPANY,
    "order_id": RecordKind.ORDER,
    "deal_id": RecordKind.DEAL,
    "invoice_id": RecordKind.INVOICE,
    "product_id": RecordKind.PRODUCT,
}
_BASE: Final = frozenset(field.name for field in fields(Record))


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind. `columns` are the model's content, by name; `money` those that are a `Money` in the dataclass."""

    kind: RecordKind
    record: type[Record]
    model: type[StoredRecord]
    columns: dict[str, "models.Field[Any, Any]"]
    money: tuple[str, ...]
    references: tuple[str, ...]
    has_lines: bool

    @property
    def content(self) -> tuple[str, ...]:
        """The names of everything that can change, references excepted."""
        return (*self.columns, *((LINES,) if self.has_lines else ()))

    def names_in_record(self, column: str) -> str:
        """The dataclass' name of a column: an amount and its currency are one there."""
        return self.money[0] if column == CURRENCY and self.money else column


@cache
def shape_of(kind: RecordKind) -> Shape:
    """What the kind consists of."""
    record, model = CLASSES[kind], MODELS[kind]
    own = [field for field in fields(record) if field.name not in _BASE]
    references = tuple(field.name for field in own if field.name in REFERENCES)
    money = tuple(field.name for field in own if field.type == Money | None)
    plain = [field.name for field in own if field.name not in (*references, LINES)]
    if money:
        plain.append(CURRENCY)
    columns = {name: model._meta.get_field(name) for name in (*plain, CUSTOM)}
    return Shape(
        kind,
        record,
        model,
        columns,  # type: ignore[arg-type]  # none of them is a relation
        money,
        references,
        has_lines=any(field.name == LINES for field in own),
    )

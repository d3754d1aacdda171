"""What the database has for a column: only types whose text PostgreSQL and Python agree on are taken."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.db.models import F, Field, Model, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Extract
from django.db.models.functions.datetime import TruncBase

from exports.columns import DatasetColumn, find_field


class Holds(Enum):
    TEXT = auto()
    UUID = auto()
    ADDRESS = auto()
    INTEGER = auto()
    BIG_INTEGER = auto()
    DECIMAL = auto()
    BOOLEAN = auto()
    MOMENT = auto()
    DATE = auto()
    DURATION = auto()
    JSON = auto()


# What comes of moments without a zone: moments, spans between them, comparisons.
_ZONELESS = frozenset({"DateTimeField", "DurationField", "BooleanField"})
_BY_TYPE = {
    "CharField": Holds.TEXT,
    "TextField": Holds.TEXT,
    "SlugField": Holds.TEXT,
    "FileField": Holds.TEXT,
    "UUIDField": Holds.UUID,
    "GenericIPAddressField": Holds.ADDRESS,
    "SmallIntegerField": Holds.INTEGER,
    "PositiveSmallIntegerField": Holds.INTEGER,
    "IntegerField": Holds.INTEGER,
    "PositiveIntegerField": Holds.INTEGER,
    "AutoField": Holds.INTEGER,
    "BigIntegerField": Holds.BIG_INTEGER,
    "PositiveBigIntegerField": Holds.BIG_INTEGER,
    "BigAutoField": Holds.BIG_INTEGER,
    "DecimalField": Holds.DECIMAL,
    "BooleanField": Holds.BOOLEAN,
    "DateTimeField": Holds.MOMENT,
    "DateField": Holds.DATE,
    "DurationField": Holds.DURATION,
    "JSONField": Holds.JSON,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A column's value in SQL, and of which type it is."""

    value: Combinable
    holds: Holds


def holds(field: "Field[Any, Any]") -> Holds | None:
    """The type of a field, None where Python sees something else than the database: sealed fields, custom decoders."""
    target = field.target_field if field.is_relation and hasattr(field, "target_field") else field
    kind = _BY_TYPE.get(target.get_internal_type())
    if kind is Holds.JSON:
        return kind if getattr(target, "decoder", None) is None else None
    return None if hasattr(target, "from_db_value") else kind


def _depends_on_session(expression: Any) -> bool:
    """Whether moments become days or text in it by the session's zone, which is not the same for COPY and for Python."""
    return any(
        _type(child) == "DateTimeField" and _type(node) not in _ZONELESS
        for node in expression.flatten()
        if not isinstance(node, TruncBase | Extract)  # Django names the zone in these
        for child in node.get_source_expressions()
        if child is not None
    )


def _type(expression: Any) -> str:
    field = expression._output_field_or_none
    return field.get_internal_type() if field is not None else ""


def source(queryset: QuerySet[Model], column: DatasetColumn) -> Source | None:
    """Where the rows, annotated with the columns' expressions, have this column."""
    if column.path is None:
        return None
    if column.expression is None:
        found = holds(find_field(queryset.model, column.path))
    else:
        annotation: Any = queryset.query.annotations[column.name]
        found = None if _depends_on_session(annotation) else holds(annotation.output_field)
    return Source(F(column.path), found) if found else None

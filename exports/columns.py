"""A column of a dataset: a django-import-export field that also knows its kind, its width and how the database computes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models.expressions import BaseExpression, Combinable
from django.utils.functional import Promise
from import_export.fields import Field

from exports.kinds import Kind, kind_of

if TYPE_CHECKING:
    from exports.computed import Program


class Column(Field):
    """`attribute` is an ORM path and defaults to the column's name; `expression` is annotated to the query under that name."""

    def __init__(
        self,
        heading: str | Promise,
        attribute: str | None = None,
        *,
        kind: Kind | None = None,
        expression: BaseExpression | Combinable | None = None,
        width: int | None = None,
        is_default: bool = True,
    ) -> None:
        super().__init__(attribute=attribute, column_name=heading, readonly=True)
        self.heading = heading
        self.kind = kind
        self.expression = expression
        self.width = width
        self.is_default = is_default


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """A column after it has been checked against the model."""

    name: str
    heading: str | Promise
    kind: Kind
    # The ORM path that values_list() takes; None when only Python can compute it.
    path: str | None
    expression: BaseExpression | Combinable | None = None
    labels: Mapping[Any, Any] | None = None
    width: int | None = None
    is_default: bool = True
    # Of a column that somebody computes from others.
    program: "Program | None" = None


def find_field(model: type[models.Model], path: str) -> models.Field:
    """The model field at the end of an ORM path such as `call__extension__number`; FieldDoesNotExist when there is none."""
    *relations, last = path.split("__")
    for relation in relations:
        related = find_field(model, relation).related_model
        if related is None or isinstance(related, str):
            raise FieldDoesNotExist(f"{model.__name__} has no relation {relation!r}")
        model = related
    if last == "pk":
        return model._meta.pk
    by_column = next(
        (field for field in model._meta.concrete_fields if last in (field.name, field.attname)), None
    )
    if by_column is None:
        raise FieldDoesNotExist(f"{model.__name__} has no field {last!r}")
    return by_column


def resolve(model: type[models.Model], name: str, column: Column, *, is_python: bool) -> DatasetColumn:
    """Check one column against its model: FieldDoesNotExist, or TypeError when its kind cannot be known."""
    kind, labels = column.kind, None
    if column.expression is None and not is_python:
        field = find_field(model, column.attribute or name)
        kind = kind or kind_of(field)
        labels = dict(field.flatchoices) or None
    if kind is None and column.expression is not None:
        raise TypeError(f"the column {name!r} is computed by the database: give it a kind")
    return DatasetColumn(
        name=name,
        heading=column.heading,
        kind=kind or Kind.TEXT,
        path=None if is_python else name if column.expression is not None else column.attribute or name,
        expression=column.expression,
        labels=labels,
        width=column.width,
        is_default=column.is_default,
    )

"""JSON as text: what databases store, and what files show.

PostgreSQL's own text of a document is taken as it is, since Python would write its numbers differently; elsewhere it is written
here in the same style.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, Model, QuerySet, TextField
from django.db.models.functions import Cast

from exports.columns import DatasetColumn
from exports.kinds import Kind
from exports.pushdown.sources import Holds, source


class Document(str):
    """The JSON text of a value, which is not to be mistaken for a string."""

    __slots__ = ()


class DocumentField(TextField):
    """Reads text as documents."""

    def from_db_value(self, value: str | None, _expression: object, _connection: object) -> Document | None:
        return None if value is None else Document(value)


def with_documents(
    queryset: QuerySet[Model], columns: Sequence[DatasetColumn]
) -> tuple[QuerySet[Model], dict[str, str]]:
    """The rows with the text of their JSON columns, and the name under which each has it."""
    if connection.vendor != "postgresql":
        return queryset, {}
    names: dict[str, str] = {}
    for number, column in enumerate(columns):
        found = source(queryset, column) if column.kind == Kind.JSON else None
        if found is not None and found.holds is Holds.JSON:
            names[column.name] = f"document_{number}"
    texts = {
        names[column.name]: Cast(F(column.path or ""), DocumentField())
        for column in columns
        if column.name in names
    }
    return queryset.annotate(**texts), names


def document(value: Any) -> Document | None:
    """The JSON text of any value from the database."""
    if value is None or isinstance(value, Document):
        return value
    return Document(json.dumps(value, ensure_ascii=False, default=str))


def shown(value: Any) -> str | None:
    """A document for people: a string without its quotes, nothing for null."""
    text = document(value)
    if text is None or text == "null":
        return None
    return str(json.loads(text)) if text.startswith('"') else str(text)

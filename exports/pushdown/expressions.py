"""Pieces of SQL that dialects are made of."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Func, TextField
from django.db.models.expressions import Combinable

PLACE = "$x"


class Sql(Func):
    """SQL around one value, which it may name several times as `$x`; answers text."""

    def __init__(self, text: str, value: Combinable) -> None:
        super().__init__(value, output_field=TextField())
        self.text = text

    def as_sql(  # type: ignore[override]  # wider than the stubs say, as Django calls it
        self, compiler: Any, connection: Any, **_more: Any
    ) -> tuple[str, list[Any]]:
        inner, params = compiler.compile(self.source_expressions[0])
        # What is not the value is our own text: a percent sign in it is no place for a parameter.
        parts = self.text.replace("%", "%%").split(PLACE)
        return f"({inner})".join(parts), [*params] * (len(parts) - 1)

    @property
    def identity(self) -> Any:
        return (*super().identity, self.text)


def literal(text: str) -> str:
    """A constant of our own, such as a translated label; PostgreSQL's standard strings know no backslashes."""
    return "'" + text.replace("\x00", "").replace("'", "''") + "'"


def chosen(labels: Mapping[str, str], otherwise: str) -> str:
    """The label of each known value."""
    cases = " ".join(f"WHEN {literal(value)} THEN {literal(label)}" for value, label in labels.items())
    return f"CASE $x {cases} ELSE {otherwise} END"


def truth(yes: str, no: str) -> str:
    return f"CASE WHEN $x THEN {literal(yes)} WHEN NOT $x THEN {literal(no)} END"


# Milliseconds, ties away from zero, without trailing zeros.
SECONDS = "trim_scale(round(extract(epoch FROM $x), 3))"
# The session speaks the tenant's zone, and what stands after the seconds is cut off: cheaper than any arithmetic with times.
WALL_CLOCK = "$x::varchar(19)"

"""`field__among=[…]`: what `__in` finds, with all values in one parameter.

Django writes `__in` as one mark for each value and the driver takes each of them apart: with a page of 500 ids that is
slower than the query.
"""

import json
from typing import Any
from uuid import UUID

from django.db.models import CharField, Lookup, UUIDField


class Among(Lookup[Any]):
    """For texts and UUIDs. Never empty: `__in` knows without asking that nothing is found."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, given = self.process_lhs(compiler, connection)
        found = "IN (SELECT value FROM json_each(%s))"
        return f"{column} {found}", (*given, json.dumps(_plain(self.rhs)))

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, given = self.process_lhs(compiler, connection)
        return f"{column} = ANY (%s)", (*given, list(self.rhs))


def _plain(values: Any) -> list[str]:
    """As SQLite keeps them."""
    return [one.hex if isinstance(one, UUID) else one for one in values]


def register() -> None:
    """When the app is loaded."""
    CharField.register_lookup(Among)
    UUIDField.register_lookup(Among)

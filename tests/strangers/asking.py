"""Which parameters a view asks for, seen while it runs: of the address, of a form, of a list's filters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import QueryDict

# Of paging, sorting and protection: they name no rows.
INDIFFERENT = frozenset(
    {"csrfmiddlewaretoken", "format", "page_size", "cursor", "o", "p", "all", "_popup", "_to_field"}
)


@contextmanager
def parameters_asked_for() -> Iterator[set[str]]:
    """Every name that was looked up in a query string or a form meanwhile."""
    asked: set[str] = set()

    def watched(method: str) -> Any:
        original = getattr(QueryDict, method)

        def looked_up(self: QueryDict, name: Any, *more: Any, **options: Any) -> Any:
            if isinstance(name, str) and name not in INDIFFERENT:
                asked.add(name)
            return original(self, name, *more, **options)

        return looked_up

    with pytest.MonkeyPatch.context() as patch:
        for method in ("__getitem__", "__contains__", "get", "getlist", "pop"):
            patch.setattr(QueryDict, method, watched(method))
        yield asked

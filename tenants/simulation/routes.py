"""A table of routes: method and path pattern to the function that answers."""

import re
from collections.abc import Callable
from functools import partial

from tenants.simulation.messages import Reply, Request

Handler = Callable[..., Reply]


class Routes:
    """Patterns such as `/users/{id}`; the named parts are passed to the handler as keyword arguments."""

    def __init__(self, table: dict[tuple[str, str], Handler]) -> None:
        self._table = [(method, _compiled(path), handler) for (method, path), handler in table.items()]

    def find(self, request: Request) -> Callable[[], Reply] | None:
        """What answers this request, ready to call; None when nothing does."""
        for method, pattern, handler in self._table:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return partial(handler, request, **match.groupdict())
        return None

    def knows(self, path: str) -> bool:
        """Whether the path exists under any method."""
        return any(pattern.fullmatch(path) for _method, pattern, _handler in self._table)


def _compiled(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))

"""Which paths the front answers itself, and which background services live as long as the web worker."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from config.front.messages import FrontRequest, FrontResponse

Handler = Callable[[FrontRequest], Awaitable[FrontResponse]]
DEFAULT_BODY_LIMIT = 64 * 1024


class Service(Protocol):
    """Something that runs on the web worker's event loop, such as a writer that groups commits."""

    name: str

    async def start(self) -> None:
        """Called before the first request; raising stops the worker from starting."""

    async def stop(self) -> None:
        """Called after the last request was answered: finish what was accepted."""


@dataclass(frozen=True, slots=True)
class Route:
    path: str
    handler: Handler
    methods: frozenset[str]
    body_limit: int


class Registry:
    """Exact paths and path prefixes; a trailing slash that a caller adds does not matter."""

    def __init__(self) -> None:
        self._exact: dict[str, Route] = {}
        self._prefixes: dict[str, Route] = {}
        self.services: list[Service] = []

    def add(self, route: Route, *, is_prefix: bool) -> None:
        table = self._prefixes if is_prefix else self._exact
        if route.path in table:
            raise ValueError(f"{route.path} is registered twice")
        table[route.path] = route

    def find(self, path: str) -> Route | None:
        """The route of a path: an exact one, else the longest prefix."""
        route = self._exact.get(path) or self._exact.get(path.rstrip("/"))
        if route is not None or not self._prefixes:
            return route
        matching = [prefix for prefix in self._prefixes if path.startswith(prefix)]
        return self._prefixes[max(matching, key=len)] if matching else None


default = Registry()


def register(
    path: str,
    handler: Handler,
    *,
    methods: Collection[str] = ("POST",),
    body_limit: int = DEFAULT_BODY_LIMIT,
    prefix: bool = False,
) -> None:
    """Answer `path` (with `prefix`, everything that starts with it) by `handler` instead of by Django."""
    default.add(Route(path, handler, frozenset(methods), body_limit), is_prefix=prefix)


def register_service(service: Service) -> None:
    """Start `service` with the web worker and stop it, after the last answer, with the worker."""
    default.services.append(service)

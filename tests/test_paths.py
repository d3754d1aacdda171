"""docs/paths.md lists every path that the outside world may use, and nothing else: held against the code both ways."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.exceptions import Resolver404

from config.front import registry
from tests.documents import BASE_DIR

_ROW = re.compile(r"^\| `([A-Z, ]+) (/\S*)` \|", re.MULTILINE)
_PLACE = re.compile(r"\{\w+\}")
_NEVER_SHOWN = {"HEAD", "OPTIONS"}
# People's pages, told as one row: they are reached by links, and their paths may change.
PAGES = "/admin/"


@dataclass(frozen=True, slots=True)
class Path:
    """A path with `{}` for what varies, and its methods; None where the code does not say them."""

    path: str
    methods: frozenset[str] | None


def documented() -> dict[str, frozenset[str]]:
    text = (BASE_DIR / "docs" / "paths.md").read_text()
    found = _ROW.findall(text)
    shapes = [_PLACE.sub("{}", path) for _methods, path in found]
    assert len(shapes) == len(set(shapes)), "a path is told twice"
    return {
        shape: frozenset(methods.split(", ")) for shape, (methods, _path) in zip(shapes, found, strict=True)
    }


def served_by_django() -> Iterator[Path]:
    for path, pattern in _patterns(get_resolver().url_patterns, ""):
        shape = re.sub(r"<[^>]+>", "{}", simplify_regex(path))
        if not shape.startswith(PAGES):
            yield Path(shape, _methods(pattern))


def _patterns(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield path, one
        else:
            yield from _patterns(one.url_patterns, path)


def _methods(pattern: URLPattern) -> frozenset[str] | None:
    view = getattr(pattern.callback, "cls", None)
    if view is None:
        return None
    allowed = {name.upper() for name in view.http_method_names}
    actions = getattr(pattern.callback, "actions", None)
    own = actions or [name for name in view.http_method_names if hasattr(view, name)]
    return frozenset({name.upper() for name in own} & allowed - _NEVER_SHOWN)


def front_routes() -> list[tuple[registry.Route, bool]]:
    routes = registry.default
    exact = [(route, False) for route in routes._exact.values()]
    return [*exact, *((route, True) for route in routes._prefixes.values())]


def test_everything_that_django_serves_is_told_with_its_methods() -> None:
    told = documented()
    served = list(served_by_django())
    assert {one.path for one in served} - set(told) == set()
    merged: dict[str, set[str]] = {}
    for one in served:
        merged.setdefault(one.path, set()).update(one.methods or told.get(one.path, ()))

    assert {path: sorted(methods) for path, methods in merged.items()} == {
        path: sorted(told.get(path, ())) for path in merged
    }


def test_everything_that_the_front_answers_is_told_with_its_methods() -> None:
    told = documented()
    untold = [
        route
        for route, is_prefix in front_routes()
        if not any(
            (path.startswith(route.path) if is_prefix else path == route.path) and methods == route.methods
            for path, methods in told.items()
        )
    ]

    assert untold == []


@pytest.mark.parametrize(("path", "methods"), documented().items())
def test_everything_that_is_told_is_served(path: str, methods: frozenset[str]) -> None:
    example = path.replace("{}", "019389a7-6f3e-7000-8000-000000000001").replace("…", "")
    route = registry.default.find(example)
    if route is not None:
        assert methods == route.methods
        return
    if example.startswith(PAGES):
        assert resolve(PAGES)
        return
    try:
        resolve(example)
    except Resolver404:
        # Names of datasets and connectors are no identifiers.
        assert resolve(path.replace("{}", "name"))


def test_the_front_hides_nothing_that_django_serves() -> None:
    hidden = [
        one.path
        for one in served_by_django()
        if registry.default.find(one.path.replace("{}", "019389a7-6f3e-7000-8000-000000000001"))
    ]

    assert hidden == []

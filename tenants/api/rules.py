"""The API's part of the permission matrix: what its view sets declare for people. Machines go by scopes."""

from collections.abc import Iterator
from typing import Any

from tenants.api.base import actions_of, router
from tenants.matrix import Rule, rules_of
from tenants.scopes import READ, WRITE

SURFACE = "API"


@rules_of(SURFACE)
def rules() -> Iterator[Rule]:
    for prefix, view, _name in router.registry:
        yield from rules_of_view(f"/api/v1/{prefix}", view)


def rules_of_view(address: str, view: Any) -> Iterator[Rule]:
    for action, method in ((READ, "GET"), (WRITE, "POST")):
        if action in actions_of(view):
            yield Rule(SURFACE, address, action, view.roles_for(method), view.sees_own)

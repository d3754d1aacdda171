"""The admin's part of the permission matrix: what its pages declare."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.utils.translation import override

from tenants.admin.permissions import WRITING
from tenants.matrix import Rule, rules_of

SURFACE = "Admin"


@rules_of(SURFACE)
def rules() -> Iterator[Rule]:
    for page in admin.site._registry.values():
        yield from rules_of_page(page)


def rules_of_page(page: Any) -> Iterator[Rule]:
    with override("en"):
        title = str(page.opts.verbose_name_plural)
    for action in actions_of(page):
        roles = page.roles_for(action)
        if roles is not None:
            yield Rule(SURFACE, title, action, roles, page.sees_own)


def actions_of(page: Any) -> list[str]:
    """Django's own, then those that the page's buttons and bulk actions ask for."""
    further = {*page.buttons.values(), *page.own_roles}
    for function, _name, _title in page._get_base_actions():
        further |= set(getattr(function, "allowed_permissions", ()))
    return ["view", *WRITING, *sorted(further - {"view", *WRITING})]

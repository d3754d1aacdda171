"""Who may do what on a page of the admin: from the member's role, by what the page declares.

Django's permission rows are not used: what a person may do follows from their role (tenants/access.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.functional import Promise

from tenants.access import ADMINISTRATORS, EVERY_ROLE, has_role

WRITING = ("add", "change", "delete")


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A page's further place in the sidebar: the last part of its address' name, which `buttons` knows, and its looks."""

    name: str
    title: str | Promise
    icon: str
    place: int


class RolePermissions:
    """Permissions from the member's role, declared here and shown in docs/access.md.

    `append_only` pages are for looking, whoever looks; `withheld` names single actions that nobody does. Actions of a
    page's own, such as "replay", and those that differ from `write_roles` stand in `own_roles`; `buttons` says which of
    them each further address of the page asks for, by the last part of its name.
    """

    view_roles: ClassVar[Collection[str]] = EVERY_ROLE
    write_roles: ClassVar[Collection[str]] = ADMINISTRATORS
    own_roles: ClassVar[Mapping[str, Collection[str]]] = {}
    buttons: ClassVar[Mapping[str, str]] = {}
    withheld: ClassVar[Collection[str]] = ()
    append_only: ClassVar[bool] = False
    sees_own: ClassVar[Collection[str]] = ()  # roles that see their own rows only
    menu_icon: ClassVar[str] = "chevron_right"  # a name of Material Symbols
    menu_place: ClassVar[int | None] = 900  # None: not in the sidebar
    # It stands in its room's second group, which opens when it is asked for.
    menu_settings: ClassVar[bool] = False
    menu_more: ClassVar[Sequence[MenuEntry]] = ()

    @classmethod
    def roles_for(cls, action: str) -> frozenset[str] | None:
        """Who may, besides operators; None: nobody at all."""
        if action in cls.withheld or (cls.append_only and action in WRITING):
            return None
        if action == "view":
            return frozenset(cls.view_roles) | frozenset(cls.write_roles)
        if action in WRITING:
            return frozenset(cls.own_roles.get(action, cls.write_roles))
        return frozenset(cls.own_roles[action])

    def may(self, request: HttpRequest, action: str) -> bool:
        roles = self.roles_for(action)
        return roles is not None and has_role(request, roles)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "view")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "delete")

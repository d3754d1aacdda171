"""The sidebar and the company switch, made from what is registered and what the person may see."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenants.access import is_operator, memberships
from tenants.models import Tenant, User

MANY = 200  # beyond that an operator searches the list of companies instead of a drop-down


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """One group an app, in the order of the pages' `menu_place`; pages with `menu_place = None` are not shown.

    A page that shows another app's model stands in the group of its `menu_app`. What is set once and seldom looked at
    (`menu_settings`) follows in a group that is folded.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    settings: dict[str, list[dict[str, Any]]] = {}
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            page = admin.site._registry[model["model"]]
            own, further = _item(page, model), _further(page, request)
            if own is not None and any(request.path == item["link"] for item in further):
                own["active"] = _never  # the page below it is the one that is open
            room = getattr(page, "menu_app", app["app_label"])
            groups.setdefault(room, []).extend(further)
            if own is not None:
                (settings if getattr(page, "menu_settings", False) else groups).setdefault(room, []).append(
                    own
                )
    shown = sorted(
        (room for room in {*groups, *settings} if groups.get(room) or settings.get(room)),
        key=lambda room: min(map(_place, [*groups.get(room, []), *settings.get(room, [])])),
    )
    found = [{"items": [{"title": _("Today"), "icon": "today", "link": reverse("admin:index")}]}]
    for room in shown:
        name = apps.get_app_config(room).verbose_name
        if groups.get(room):
            found.append(_group(name, groups[room]))
        if settings.get(room):
            found.append(
                _group(_("%(room)s: settings") % {"room": name}, settings[room]) | {"collapsible": True}
            )
    return found


def _group(title: Any, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": sorted(items, key=_place)}


def _place(item: dict[str, Any]) -> int:
    return int(item["place"])


def _item(page: Any, model: dict[str, Any]) -> dict[str, Any] | None:
    place = getattr(page, "menu_place", 500)
    if place is None or not model["admin_url"]:
        return None
    icon = getattr(page, "menu_icon", "chevron_right")
    return {"title": model["name"], "icon": icon, "link": model["admin_url"], "place": place}


def _never(request: HttpRequest) -> bool:
    return False


def _further(page: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """Pages below a model's page that deserve a place of their own, for those who may see them."""
    address = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    return [
        {
            "title": one.title,
            "icon": one.icon,
            "link": reverse(f"{address}_{one.name}"),
            "place": one.place,
        }
        for one in getattr(page, "menu_more", ())
        if page.may(request, page.buttons[one.name])
    ]


def companies(request: HttpRequest) -> dict[str, Any]:
    """For templates: the companies this person may switch between. A page renders dozens of them: asked for once."""
    found: dict[str, Any] | None = getattr(request, "switchboard_companies", None)
    if found is None:
        found = _companies(request)
        request.switchboard_companies = found  # type: ignore[attr-defined]  # this function's own
    return found


def _companies(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not request.path.startswith("/admin/") or not isinstance(user, User) or not user.is_active:
        return {}
    if is_operator(request):
        choices = list(Tenant.objects.order_by("number")[:MANY])
    else:
        choices = [member.tenant for member in memberships(user)]
    return {
        "switchboard_companies": choices,
        "switchboard_company": getattr(request, "tenant", None),
        "switchboard_is_operator": is_operator(request),
    }

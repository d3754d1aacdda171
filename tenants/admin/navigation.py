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

    A page that shows another app's model stands in the group of its `menu_app`.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            page = admin.site._registry[model["model"]]
            item = _item(page, model)
            if item is not None:
                groups.setdefault(getattr(page, "menu_app", app["app_label"]), []).append(item)
    shown = [
        (label, sorted(items, key=_place))
        for label, items in sorted(groups.items(), key=lambda group: min(map(_place, group[1])))
    ]
    today = {"title": _("Today"), "icon": "today", "link": reverse("admin:index")}
    return [
        {"items": [today]},
        *(
            {"title": apps.get_app_config(label).verbose_name, "separator": True, "items": items}
            for label, items in shown
        ),
    ]


def _place(item: dict[str, Any]) -> int:
    return int(item["place"])


def _item(page: Any, model: dict[str, Any]) -> dict[str, Any] | None:
    place = getattr(page, "menu_place", 500)
    if place is None or not model["admin_url"]:
        return None
    icon = getattr(page, "menu_icon", "chevron_right")
    return {"title": model["name"], "icon": icon, "link": model["admin_url"], "place": place}


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

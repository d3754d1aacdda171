"""The sidebar and the company switch, made from what is registered and what the person may see."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenants.access import is_operator, memberships
from tenants.models import Tenant, User

MANY = 200  # beyond that an operator searches the list of companies instead of a drop-down


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """One group an app, in the order of the pages' `menu_place`; pages with `menu_place = None` are not shown."""
    groups = []
    for app in admin.site.get_app_list(request):
        items = [item for model in app["models"] if (item := _item(model)) is not None]
        if items:
            items.sort(key=lambda item: item["place"])
            groups.append(
                {"title": app["name"], "separator": True, "items": items, "place": items[0]["place"]}
            )
    groups.sort(key=lambda group: group["place"])
    today = {"title": _("Today"), "icon": "today", "link": reverse("admin:index")}
    return [{"items": [today]}, *groups]


def _item(model: dict[str, Any]) -> dict[str, Any] | None:
    page = admin.site._registry[model["model"]]
    place = getattr(page, "menu_place", 500)
    if place is None or not model["admin_url"]:
        return None
    icon = getattr(page, "menu_icon", "chevron_right")
    return {"title": model["name"], "icon": icon, "link": model["admin_url"], "place": place}


def companies(request: HttpRequest) -> dict[str, Any]:
    """For templates: the companies this person may switch between (empty when there is only one)."""
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

"""The look of the admin (django-unfold). Colours, language switch, and where the sidebar comes from."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Switchboard",
    "SITE_HEADER": "Switchboard",
    "SITE_SYMBOL": "hub",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("switchboard/icon.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "ACCOUNT": {"navigation": [{"title": _("Security"), "link": reverse_lazy("security")}]},
    "SHOW_BACK_BUTTON": True,
    # The palette is a file (SwitchboardSite.each_context): no page of ours carries styles or scripts.
    "STYLES": [
        lambda request: static("switchboard/colours.css"),
        lambda request: static("switchboard/admin.css"),
    ],
    "SCRIPTS": [
        lambda request: static("switchboard/policy.js"),
        lambda request: static("switchboard/admin.js"),
    ],
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "tenants.admin.navigation.sidebar",
    },
}

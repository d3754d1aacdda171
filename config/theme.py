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
    "BORDER_RADIUS": "8px",
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 220)",
            "100": "oklch(93.6% .032 220)",
            "200": "oklch(88.2% .062 221)",
            "300": "oklch(80.9% .105 222)",
            "400": "oklch(71.5% .13 225)",
            "500": "oklch(62.3% .135 230)",
            "600": "oklch(53.5% .125 234)",
            "700": "oklch(46.5% .108 237)",
            "800": "oklch(40.5% .09 238)",
            "900": "oklch(35.6% .075 239)",
            "950": "oklch(26.5% .055 240)",
        },
    },
    "STYLES": [lambda request: static("switchboard/admin.css")],
    "SCRIPTS": [lambda request: static("switchboard/admin.js")],
    "SIDEBAR": {
        "show_search": False,
        "command_search": False,
        "show_all_applications": False,
        "navigation": "tenants.admin.navigation.sidebar",
    },
}

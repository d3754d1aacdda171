"""The connection of each telephone exchange at a glance: what came from it, and what the listener knows of it."""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from telephony.listening.troubles import in_words, warnings_in_words
from telephony.models import EventSource
from telephony.selectors.health import ExchangeHealth, exchanges
from telephony.selectors.listeners import Hearing, Listener, listeners
from tenants.access import ADMINISTRATORS, has_role
from tenants.admin.audited import AdminPart
from tenants.admin.badges import Tone, badge
from tenants.scoping import current_tenant_id

STATES: Final[dict[str, tuple[Promise, Tone, Promise | str]]] = {
    "well": (gettext_lazy("speaks to us"), "good", ""),
    "degraded": (
        gettext_lazy("partly unreadable"),
        "warn",
        gettext_lazy("Some of its messages could not be read properly: look at what it sends."),
    ),
    "quiet": (
        gettext_lazy("silent for more than a day"),
        "warn",
        gettext_lazy(
            "On a working day this means that its messages do not arrive: check address, token and network."
        ),
    ),
    "never": (
        gettext_lazy("never heard"),
        "bad",
        gettext_lazy(
            "Its page says what to put into the dialplan, and how to connect to its manager interface."
        ),
    ),
    "off": (gettext_lazy("switched off"), "quiet", gettext_lazy("What it sends is refused.")),
}

HEARINGS: Final[dict[Hearing, tuple[Promise, Tone, Promise | str]]] = {
    Hearing.NO_ACCOUNT: (
        gettext_lazy("not listened to"),
        "quiet",
        gettext_lazy("With an account of its manager interface, on its page, every call is seen at once."),
    ),
    Hearing.SWITCHED_OFF: (
        gettext_lazy("switched off"),
        "quiet",
        gettext_lazy("Its manager interface is switched off on its page."),
    ),
    Hearing.SILENT: (
        gettext_lazy("nobody listens"),
        "bad",
        gettext_lazy(
            "Switchboard's listener does not run: the operator has to start it (manage.py serve does), or look at its log."
        ),
    ),
    Hearing.CONNECTING: (gettext_lazy("connecting"), "warn", ""),
    Hearing.CONNECTED: (gettext_lazy("connected"), "good", ""),
    Hearing.FAILING: (gettext_lazy("cannot be reached"), "bad", ""),
}


class HealthPage(AdminPart):
    """Mixed into the page of exchanges."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.health_view)
        return [path("health/", view, name="telephony_pbx_health"), *super().get_urls()]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        admin: Any = self
        if not admin.may(request, "look"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Connection of the exchanges"),
            "opts": self.opts,
            "media": self.media,
            "is_all": current_tenant_id() is None,
            "rows": [] if current_tenant_id() is None else _rows(request, admin),
            "add_url": reverse("admin:telephony_pbx_add") if admin.has_add_permission(request) else "",
        }
        return TemplateResponse(request, "admin/telephony/health.html", context)


def exchange_badge(one: ExchangeHealth) -> SafeString:
    words, tone, _advice = STATES[one.state]
    return badge(words, tone)


def _rows(request: HttpRequest, admin: Any) -> list[dict[str, Any]]:
    found = exchanges()
    heard = listeners([one.id for one in found])
    return [_row(one, request, admin) | _listener(heard[one.id]) for one in found]


def _listener(known: Listener) -> dict[str, Any]:
    """What the listener last knew, and what to do about it."""
    words, tone, advice = HEARINGS[known.hearing]
    status = known.status
    is_told = status is not None and known.hearing in (Hearing.FAILING, Hearing.CONNECTING, Hearing.CONNECTED)
    trouble = (
        in_words(status.reason, status.detail) if status is not None and is_told and status.reason else ""
    )
    return {
        "listener": known,
        "listener_badge": badge(words, tone),
        "listener_advice": trouble or advice,
        "is_listened": known.hearing not in (Hearing.NO_ACCOUNT, Hearing.SWITCHED_OFF),
        "is_connected": known.hearing == Hearing.CONNECTED,
        "warnings": warnings_in_words(status.warnings) if status is not None and is_told else [],
    }


def _row(one: ExchangeHealth, request: HttpRequest, admin: Any) -> dict[str, Any]:
    advice = STATES[one.state][2]
    most = max(one.minutes, default=0)
    may_open = admin.has_view_permission(request)
    return {
        "one": one,
        "badge": exchange_badge(one),
        "advice": advice,
        "address": reverse("admin:telephony_pbx_change", args=[one.id]) if may_open else "",
        "sources": ", ".join(str(EventSource(source).label) for source in one.sources),
        "bars": [_bar(number, count, most) for number, count in enumerate(one.minutes)],
        "records_url": reverse("admin:telephony_cdrsource_changelist")
        if has_role(request, ADMINISTRATORS)
        else "",
        "degraded_url": f"{reverse('admin:telephony_callevent_changelist')}?degraded=1",
    }


def _bar(number: int, count: int, most: int) -> dict[str, int]:
    """Whole numbers; what happened at all is seen."""
    height = max(round(28 * count / most), 2) if count else 0
    return {"x": 10 * number, "y": 30 - height, "height": height, "count": count}

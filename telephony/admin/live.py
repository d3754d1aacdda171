"""The page of the calls that are going on, which keeps itself up to date."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from telephony.admin import badges
from telephony.models import CallDirection, CallPhase
from telephony.selectors.live import LiveCall, Snapshot, live, waiting
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.admin.badges import Tone, badge
from tenants.models import Member, Role
from tenants.scoping import current_tenant_id

STATES: Final[Mapping[str, tuple[Promise, Tone]]] = {
    "talking": (pgettext_lazy("phone", "talking"), "good"),
    "ringing": (pgettext_lazy("phone", "ringing"), "warn"),
    "free": (pgettext_lazy("phone", "free"), "quiet"),
    "idle": (pgettext_lazy("phone", "free"), "quiet"),
    "busy": (pgettext_lazy("phone", "busy"), "warn"),
    "hold": (pgettext_lazy("phone", "on hold"), "warn"),
    "away": (pgettext_lazy("phone", "not connected"), "bad"),
    "unknown": (gettext_lazy("unknown"), "quiet"),
}


class LivePage(AdminPart):
    """Mixed into the page of calls."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("live/", wrap(self.live_view), name="telephony_call_live"),
            path("live/now/", wrap(self.live_now_view), name="telephony_call_live_now"),
        ]
        return [*own, *super().get_urls()]

    def live_view(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Calls at this moment"),
            "opts": self.opts,
            "media": self.media,
            **(self._live(request) or {"is_all": True}),
        }
        return TemplateResponse(request, "admin/telephony/live.html", context)

    def live_now_view(self, request: HttpRequest) -> HttpResponse:
        """The tables alone; 204 where they are what the asking page shows already."""
        shown = self._live(request)
        if shown is None:
            return HttpResponse(status=404)
        if request.GET.get("seen") == shown["version"]:
            answer = HttpResponse(status=204)
        else:
            answer = HttpResponse(render_to_string("admin/telephony/live_now.html", shown, request))
        answer["Cache-Control"] = "no-store"
        return answer

    def _live(self, request: HttpRequest) -> dict[str, Any] | None:
        admin: Any = self
        tenant_id = current_tenant_id()
        if not admin.has_view_permission(request):
            raise PermissionDenied
        return (
            shown(live(tenant_id), request, may_steer=admin.has_steer_permission(request))
            if tenant_id is not None
            else None
        )


def shown(snapshot: Snapshot, request: HttpRequest, *, may_steer: bool = False) -> dict[str, Any]:
    """What the templates need, as much as this person may see. Agents end and transfer what they are in themselves."""
    member = member_of(request)
    steered = _steered(member) if may_steer else (lambda call: False)
    seen = snapshot.of(member)
    return {
        "calls": [_row(call, snapshot.names, can_steer=steered(call)) for call in seen.calls],
        "phones": [(phone, badge(*_state(phone.state))) for phone in seen.phones],
        "can_steer": may_steer,
        "version": seen.version,
        "now": seen.at,
        "waiting": waiting(seen.calls),
        "talking": sum(call.phase == CallPhase.TALKING for call in seen.calls),
        "free": sum(phone.state in ("free", "idle") for phone in seen.phones),
        "sees_own": member is not None and member.role == Role.AGENT,
    }


def _state(state: str) -> tuple[Promise, Tone]:
    return STATES.get(state, STATES["unknown"])


def _steered(member: Member | None) -> Callable[[LiveCall], bool]:
    if member is None or member.role != Role.AGENT:
        return lambda call: True
    own = member.extension.number if member.extension else ""
    return lambda call: own in call.extensions


def _row(call: LiveCall, names: Mapping[str, str], *, can_steer: bool) -> dict[str, Any]:
    phase = CallPhase(call.phase)
    tone: Tone = "good" if phase == CallPhase.TALKING else "bad" if call.is_waiting else "warn"
    return {
        "call": call,
        "way": badges.way(CallDirection(call.direction)),
        "state": badge(_waits() if call.is_waiting else phase.label, tone),
        "can_steer": can_steer,
        "people": [f"{number} {names.get(number, '')}".strip() for number in call.extensions],
    }


def _waits() -> str:
    return pgettext("client", "waiting")

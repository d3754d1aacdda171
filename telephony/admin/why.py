"""Why a call raised no pop-up: by a number and a time, and as a part of each call's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from telephony.admin import badges
from telephony.diagnosis import Diagnosis, Fix, diagnose, diagnose_absence, gather, look_around
from telephony.models import Call
from telephony.selectors import visible_calls
from telephony.selectors.narrowing import by_words
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.scoping import current_tenant_id

NEAR: Final = timedelta(minutes=30)
MOST: Final = 20
ICONS = {"good": "check_circle", "warn": "warning", "bad": "cancel", "": "info"}


@dataclass(frozen=True, slots=True)
class ShownStep:
    step: Any
    icon: str
    address: str


def shown_diagnosis(found: Diagnosis, call: Call | None = None) -> dict[str, Any]:
    """For the template."""
    return {
        "verdict": found.verdict,
        "is_well": found.is_well,
        "steps": [
            ShownStep(step, ICONS[step.tone], address_of(step.fix, step.fix_id, call)) for step in found.steps
        ],
    }


def address_of(fix: Fix, key: UUID | None, call: Call | None) -> str:
    """The page where it is mended."""
    if fix == Fix.CALL and key is not None:
        return reverse("admin:telephony_call_change", args=[key])
    if fix == Fix.INTEGRATION and key is not None:
        return reverse("admin:integrations_integration_change", args=[key])
    if fix == Fix.EXCHANGE and call is not None:
        return reverse("admin:telephony_pbx_change", args=[call.pbx_id])
    if fix == Fix.COMPANY and call is not None:
        return reverse("admin:tenants_tenant_change", args=[call.tenant_id])
    if fix == Fix.LINE and key is not None:
        return reverse("admin:telephony_line_change", args=[key])
    lists = {
        Fix.EXCHANGE: "admin:telephony_pbx_changelist",
        Fix.EXCHANGES: "admin:telephony_pbx_changelist",
        Fix.EVENTS: "admin:telephony_callevent_changelist",
        Fix.LINE: "admin:telephony_line_changelist",
        Fix.POPUPS: "admin:telephony_callpolicy_changelist",
        Fix.INTEGRATIONS: "admin:integrations_integration_changelist",
    }
    return reverse(lists[fix]) if fix in lists else ""


class WhyPage(AdminPart):
    """Mixed into the page of calls."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.why_view)
        return [path("why/", view, name="telephony_call_why"), *super().get_urls()]

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """Several calls that fit are offered to choose from; one is explained; none is explained, too."""
        admin: Any = self
        if not admin.may(request, "explain"):
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Why was there no pop-up?"),
            "opts": self.opts,
            "media": self.media,
            "number": request.GET.get("number", "").strip()[:100],
            "at": request.GET.get("at", "").strip()[:30],
        }
        if current_tenant_id() is None:
            context["is_all"] = True
        elif context["number"] or context["at"]:
            context |= _answer(request, context["number"], context["at"])
        return TemplateResponse(request, "admin/telephony/why.html", context)


def _answer(request: HttpRequest, number: str, text: str) -> dict[str, Any]:
    at = _moment(text)
    if text and at is None:
        return {"problem": _("This time could not be read.")}
    calls = _find(request, number, at)
    if len(calls) == 1:
        return {"call": calls[0], "diagnosis": shown_diagnosis(diagnose(gather(calls[0])), calls[0])}
    if calls:
        return {"calls": [(call, badges.direction(call), badges.status(call)) for call in calls]}
    return {
        "diagnosis": shown_diagnosis(diagnose_absence(look_around(at or timezone.now()))),
        "is_absent": True,
    }


def _moment(text: str) -> datetime | None:
    """By the company's clocks."""
    try:
        moment = parse_datetime(text) if text else None
        return timezone.make_aware(moment) if moment is not None and moment.tzinfo is None else moment
    except (ValueError, OverflowError):
        return None


def _find(request: HttpRequest, number: str, at: datetime | None) -> Sequence[Call]:
    calls = visible_calls(member_of(request)).select_related("tenant", "pbx")
    if number:
        tenant = getattr(request, "tenant", None)
        calls = calls.filter(by_words(number, tenant.phone_region if tenant is not None else ""))
    if at is not None:
        calls = calls.filter(started_at__gte=at - NEAR, started_at__lte=at + NEAR)
        return sorted(calls.order_by("-id")[:MOST], key=lambda call: abs(call.started_at - at))
    return list(calls.order_by("-id")[:MOST])

"""What one call's page tells: who took part, what the phones did, who was told, and why no pop-up came."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from telephony.admin import badges
from telephony.admin.clicks import call_address
from telephony.admin.why import shown_diagnosis
from telephony.diagnosis import diagnose, gather
from telephony.models import Call
from telephony.models.call import ALIVE
from telephony.selectors import SOURCES, Entry, Sight, tellings, timeline
from tenants.access import ADMINISTRATORS, MANAGERS, has_role, member_of
from tenants.admin.stories import Story, story_of
from tenants.models import Extension

FLAGS = {
    "synthetic_ring": _("No ringing was reported; it was completed from the answer or the hang-up."),
    "degraded": _("A message of the exchange could not be read properly."),
    "answer_unseen": _("The answer itself was not reported: the talk time is not known."),
    "clock_skew": _(
        "The exchange's clock or time zone differs from ours. Check the time zone in its settings."
    ),
    "hidden_number": _("The caller withheld the number."),
}


# What Dial says of a channel that it called.
LEG_RESULTS = {
    "ANSWER": _("answered"),
    "NOANSWER": _("no answer"),
    "CANCEL": _("stopped ringing"),
    "BUSY": _("busy"),
    "CONGESTION": _("network congestion"),
    "CHANUNAVAIL": _("unavailable"),
}
ICONS = {
    "pbx": "dialer_sip",
    "call": "call",
    "event": "bolt",
    "crm": "contact_phone",
    "webhook": "webhook",
    "redirect": "alt_route",
}
# What sends a failed one again, by the page it is shown on: the name of the address, and the roles that may.
RETRIES = {
    "telephony_callnotification": ("admin:telephony_callnotification_retry", ADMINISTRATORS),
    "webhooks_delivery": ("admin:webhooks_delivery_replay", MANAGERS),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the timeline, ready for the page."""

    entry: Entry
    ms: str
    source: str
    icon: str
    address: str
    retry: str
    is_failure: bool


@story_of
def call_story(correlation_id: UUID) -> Story | None:
    """A call's effects carry the call's own id."""
    call = Call.objects.filter(pk=correlation_id).first()
    if call is None:
        return None
    when = date_format(timezone.localtime(call.started_at), "DATETIME_FORMAT")
    return f"{capfirst(str(call))}, {when}", reverse("admin:telephony_call_change", args=[call.pk])


def story(call: Call, request: HttpRequest) -> dict[str, Any]:
    """What the call's page shows."""
    sight = Sight.of(member_of(request))
    entries = timeline(call, sight)
    begin = entries[0].at if entries else call.started_at
    names = dict(Extension.objects.filter(tenant_id=call.tenant_id).values_list("number", "name"))
    return {
        "lines": [
            Line(
                entry,
                intcomma(entry.ms),
                str(SOURCES[entry.source]),
                ICONS[entry.source],
                _address(request, entry.link),
                _retry(request, entry.link) if entry.is_retryable else "",
                _is_failure(entry),
            )
            for entry in entries
        ],
        "failures": sum(map(_is_failure, entries)),
        "told": [
            {
                "one": one,
                "badge": badges.state(one.label, one.state),
                "ms": "—" if one.at is None else intcomma(round((one.at - begin).total_seconds() * 1000)),
                "waited": "" if one.waited is None else intcomma(one.waited),
                "address": _address(request, one.link),
                "retry": _retry(request, one.link) if one.is_retryable else "",
            }
            for one in (tellings(call) if Sight.MESSAGES in sight else ())
        ],
        "sees_effects": Sight.MESSAGES in sight,
        "diagnosis": shown_diagnosis(diagnose(gather(call)), call) if Sight.MESSAGES in sight else None,
        "direction_badge": badges.direction(call),
        "status_badge": badges.status(call),
        "is_alive": call.status in ALIVE or call.finished_at is None,
        "remarks": [FLAGS[flag] for flag in call.flags if flag in FLAGS],
        "talk": badges.seconds(call.talk_seconds),
        "wait": badges.seconds(call.wait_seconds),
        "answered_by": _named(call.answered_by, names),
        "participants": [
            (one, _named(one.extension, names)) for one in call.participants.order_by("rang_at", "extension")
        ],
        "legs": _legs(call, names),
        "is_recorded": "recorded" in call.flags,
        "dial_address": call_address(request, call.client_number),
        "clicks": [(one, one.get_state_display()) for one in call.originates.order_by("id")],
        "same_client": f"{reverse('admin:telephony_call_changelist')}?{urlencode({'q': call.client})}"
        if call.client
        else "",
    }


def _legs(call: Call, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The channels, each with who was at its end and how long it rang and spoke."""
    return [
        {
            "one": leg,
            "who": _named(leg.extension, names) if leg.extension else leg.number,
            "rang": badges.seconds(_seconds(leg.rang_at, leg.answered_at or leg.ended_at)),
            "talked": badges.seconds(_seconds(leg.answered_at, leg.ended_at)),
            "result": LEG_RESULTS.get(leg.dial_status, leg.dial_status),
        }
        for leg in call.legs.all()
    ]


def _seconds(since: datetime | None, until: datetime | None) -> int | None:
    return max(0, round((until - since).total_seconds())) if since and until else None


def _is_failure(entry: Entry) -> bool:
    """Something outside did not work, as against a call that nobody took."""
    return entry.tone == "bad" and entry.source in ("crm", "webhook")


def _named(number: str, names: Mapping[str, str]) -> str:
    return f"{number} {names.get(number, '')}".strip()


def _address(request: HttpRequest, link: tuple[str, UUID] | None) -> str:
    """The page of what a line is about, where there is one and this person may open it."""
    if link is None:
        return ""
    name, key = link
    model = apps.get_model(name.replace("_", ".", 1))
    page = admin.site._registry.get(model)
    return reverse(f"admin:{name}_change", args=[key]) if page and page.has_view_permission(request) else ""


def _retry(request: HttpRequest, link: tuple[str, UUID] | None) -> str:
    """Where a failed one is sent again."""
    if link is None or link[0] not in RETRIES:
        return ""
    name, roles = RETRIES[link[0]]
    return reverse(name, args=[link[1]]) if has_role(request, roles) else ""

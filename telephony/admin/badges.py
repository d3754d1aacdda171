"""Direction and status as an icon with a label, in the tone of their meaning."""

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from telephony.models.call import Call, CallDirection, CallStatus
from tenants.admin.badges import Tone, badge

DIRECTION_ICONS = {
    CallDirection.IN: "call_received",
    CallDirection.OUT: "call_made",
    CallDirection.INTERNAL: "sync_alt",
    CallDirection.UNKNOWN: "question_mark",
}
STATES: dict[str, Tone] = {"done": "good", "failed": "bad", "parked": "warn"}
LIVING = (CallStatus.NEW, CallStatus.RINGING, CallStatus.TALKING)


def direction(call: Call) -> SafeString:
    return way(CallDirection(call.direction))


def way(one: CallDirection) -> SafeString:
    """A direction by itself."""
    return format_html(
        '<span class="sb-icon"><span class="material-symbols-outlined" aria-hidden="true">{}</span>{}</span>',
        DIRECTION_ICONS.get(one, "question_mark"),
        one.label,
    )


def call_link(call: Call) -> SafeString:
    address = reverse("admin:telephony_call_change", args=[call.pk])
    return format_html('<a class="sb-link sb-moment" href="{}">{}</a>', address, call)


def status(call: Call) -> SafeString:
    """Red for a client who was not served, green for a talk, amber while it lasts."""
    tone: Tone
    if call.status in LIVING:
        tone = "warn"
    elif call.status == CallStatus.ANSWERED:
        tone = "good"
    else:
        tone = "bad" if call.is_missed else "quiet"
    return badge(call.get_status_display(), tone)


def state(label: str, value: str) -> SafeString:
    """The state of a notification or a delivery."""
    return badge(label, STATES.get(value, "quiet"))


def seconds(value: int | None) -> str:
    """75 -> 1:15."""
    return "—" if value is None else f"{value // 60}:{value % 60:02d}"

"""The whole story of one call, in order: what the phones did, who was told, and every word that was said."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from telephony.models import (
    Call,
    CallAlias,
    CallCommand,
    CallEvent,
    CallNotification,
    CommandState,
    EventSource,
    NotificationState,
    RedirectDecision,
    RedirectOutcome,
)
from telephony.redirect.words import EXPLANATIONS
from telephony.selectors.story.entries import MAX_BODY, MAX_ENTRIES, Entry, Part, Story, pretty
from telephony.selectors.story.said import tell_deliveries, tell_exchanges
from telephony.selectors.story.sight import Sight
from tenants.models import Event


def timeline(call: Call, sight: Sight = Sight.EVERYTHING) -> list[Entry]:
    """Everything that happened to a call, in order: eight queries at most, whatever its length."""
    events = list(CallEvent.objects.filter(call=call).order_by("created_at", "id")[:MAX_ENTRIES])
    story = Story(min([event.created_at for event in events], default=call.started_at))
    _tell_events(story, events, has_bodies=Sight.MESSAGES in sight)
    _tell_call(story, call)
    tellers = {
        Sight.EVENTS: _tell_news,
        Sight.MESSAGES: _tell_messages,
        Sight.DELIVERIES: tell_deliveries,
        Sight.EXCHANGES: tell_exchanges,
    }
    for part, tell in tellers.items():
        if part in sight:
            tell(story, call)
    return sorted(story.entries, key=lambda entry: entry.at)


def _tell_events(story: Story, events: Sequence[CallEvent], *, has_bodies: bool) -> None:
    several = len({event.unique_id for event in events}) > 1
    for event in events:
        rang = event.content.get("Extensions")
        extensions = ", ".join(str(one) for one in rang) if isinstance(rang, list) else str(rang or "")
        # A packet names channels rather than extensions.
        device = "" if event.source == EventSource.HTTP else _device(event.content)
        texts = [text for text in (extensions or device, event.unique_id if several else "") if text]
        parts = [Part(_("Content"), pretty(event.content))]
        if event.raw:
            parts.append(Part(_("Body as it came"), event.raw[:MAX_BODY]))
        degraded = "; ".join(event.degraded_texts)
        story.add(
            event.created_at,
            "pbx",
            event.kind_text,
            tone="warn" if degraded else "",
            text=" · ".join([*texts, *([degraded] if degraded else [])]),
            parts=tuple(parts) if has_bodies else (),
        )


def _device(packet: Mapping[str, Any]) -> str:
    """Who does it, and to whom."""
    names = [
        packet.get(key) for key in ("Channel", "channel", "LocalOneChannel", "DestChannel", "dstchannel")
    ]
    return " → ".join(name for name in names if isinstance(name, str) and name)


def _tell_call(story: Story, call: Call) -> None:
    story.add(
        call.created_at,
        "call",
        _("Recognised as a call"),
        text=f"{call.get_direction_display()} {call.client}",
    )
    if call.answered_at:
        story.add(call.answered_at, "call", _("Answered"), tone="good", text=call.answered_by)
    if call.ended_at:
        tone = "bad" if call.is_missed else ""
        text = " · ".join(text for text in (call.get_status_display(), call.hangup_reason) if text)
        story.add(call.ended_at, "call", _("Ended"), tone=tone, text=text)
    if call.finished_at:
        story.add(call.finished_at, "call", _("Closed: no transfer continued it"))


def _tell_news(story: Story, call: Call) -> None:
    for event in Event.objects.filter(correlation_id=call.pk).order_by("id")[:MAX_ENTRIES]:
        story.add(event.occurred_at, "event", event.type, parts=(Part(_("Data"), pretty(event.data)),))


def _tell_messages(story: Story, call: Call) -> None:
    _tell_redirects(story, call)
    _tell_commands(story, call)
    _tell_crms(story, call)


def _tell_redirects(story: Story, call: Call) -> None:
    """Whether the call went to its manager, and who was considered."""
    channels = CallAlias.objects.filter(call=call).values("channel")
    asked = RedirectDecision.objects.filter(pbx_id=call.pbx_id, unique_id__in=channels).order_by("id")
    for one in asked[:MAX_ENTRIES]:
        is_moved = one.outcome == RedirectOutcome.REDIRECTED
        steps = [
            f"{step['extension'] or '—'}  {EXPLANATIONS.get(step['verdict'], step['verdict'])}"
            for step in one.steps
        ]
        story.add(
            one.created_at,
            "redirect",
            one.get_outcome_display(),
            tone="good" if is_moved else "bad" if one.outcome == RedirectOutcome.FAILED else "",
            text=" · ".join(text for text in (one.extension, one.why) if text),
            parts=(Part(_("Who was considered"), "\n".join(steps)),) if steps else (),
            link=("telephony_redirectdecision", one.pk),
            seconds=one.ms / 1000,
        )


def _tell_commands(story: Story, call: Call) -> None:
    """Who ended or transferred it from here."""
    tones = {CommandState.DONE.value: "good", CommandState.FAILED.value: "bad"}
    for one in CallCommand.objects.filter(call=call).order_by("id")[:MAX_ENTRIES]:
        story.add(
            one.created_at,
            "call",
            f"{one} – {one.get_state_display()}",
            tone=tones.get(one.state, ""),
            text=" · ".join(text for text in (one.requester, one.reason) if text),
            link=("telephony_callcommand", one.pk),
        )


def _tell_crms(story: Story, call: Call) -> None:
    notifications = {
        one.pk: one
        for one in CallNotification.objects.filter(call=call).select_related("integration").order_by("id")
    }
    for one in notifications.values():
        name = f"{one.integration.name}: {one.get_kind_display()}"
        link = ("telephony_callnotification", one.pk)
        story.add(one.created_at, "crm", _("%(name)s planned") % {"name": name}, text=one.variant, link=link)
        if one.settled_at:
            title = f"{name} – {one.get_state_display()}"
            issues = ", ".join(str(issue.get("value", "")) for issue in one.issues if isinstance(issue, dict))
            unknown = _("not known there: %(values)s") % {"values": issues} if issues else ""
            text = " · ".join(text for text in (one.why, unknown) if text)
            story.add(
                one.settled_at,
                "crm",
                title,
                tone=_tone(one.state),
                text=text,
                link=link,
                is_retryable=one.state in (NotificationState.FAILED, NotificationState.PARKED),
            )


def _tone(state: str) -> str:
    return {
        NotificationState.DONE: "good",
        NotificationState.FAILED: "bad",
        NotificationState.PARKED: "warn",
    }.get(NotificationState(state), "")

"""The whole story of one call, in order: what the phones did, who was told, and every word that was said."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import Exchange
from telephony.models import (
    Call,
    CallAlias,
    CallEvent,
    CallNotification,
    EventSource,
    NotificationState,
    RedirectDecision,
    RedirectOutcome,
)
from telephony.redirect.words import EXPLANATIONS
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.models import Event, Member
from webhooks.models import Attempt, Delivery, DeliveryState

MAX_ENTRIES = 500
MAX_BODY = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """A block of text below an entry, such as a request's body."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a call's story. `ms` counts from the first event; `link` names a row to look at closer."""

    at: datetime
    ms: int
    source: str
    title: str
    tone: str = ""
    text: str = ""
    parts: tuple[Part, ...] = ()
    link: tuple[str, UUID] | None = None
    seconds: float | None = None
    is_retryable: bool = False


@dataclass(slots=True)
class _Story:
    begin: datetime
    entries: list[Entry] = field(default_factory=list)

    def add(self, at: datetime, source: str, title: object, **details: Any) -> None:
        ms = round((at - self.begin).total_seconds() * 1000)
        self.entries.append(Entry(at, ms, source, str(title), **details))


SOURCES = {
    "pbx": gettext_lazy("telephone exchange"),
    "call": gettext_lazy("call"),
    "event": gettext_lazy("event"),
    "crm": gettext_lazy("CRM"),
    "webhook": gettext_lazy("webhook"),
    "redirect": gettext_lazy("smart redirect"),
}


class Sight(Flag):
    """What somebody may see of a call's story: as much as of the pages and resources that it is gathered from."""

    CALL = auto()  # what the phones did
    MESSAGES = auto()  # the exchange's own words, and which CRM was told
    EVENTS = auto()
    DELIVERIES = auto()
    EXCHANGES = auto()  # every word that was said to other systems
    EFFECTS = CALL | MESSAGES | EVENTS | DELIVERIES
    EVERYTHING = EFFECTS | EXCHANGES

    @classmethod
    def of(cls, member: Member | None) -> "Sight":
        """None stands for the operator's staff."""
        if member is None or member.role in ADMINISTRATORS:
            return cls.EVERYTHING
        return cls.EFFECTS if member.role in MANAGERS else cls.CALL

    @classmethod
    def of_machine(cls, allows: Callable[[str], bool]) -> "Sight":
        """Of a machine that may read calls; `allows` says which scopes it has besides."""
        sight = cls.CALL | cls.MESSAGES
        for scope, part in SCOPES.items():
            sight |= part if allows(scope) else cls(0)
        return sight


SCOPES = {
    "events:read": Sight.EVENTS,
    "deliveries:read": Sight.DELIVERIES,
    "exchanges:read": Sight.EXCHANGES,
}


def timeline(call: Call, sight: Sight = Sight.EVERYTHING) -> list[Entry]:
    """Everything that happened to a call, in order: seven queries at most, whatever its length."""
    events = list(CallEvent.objects.filter(call=call).order_by("created_at", "id")[:MAX_ENTRIES])
    story = _Story(min([event.created_at for event in events], default=call.started_at))
    _tell_events(story, events, has_bodies=Sight.MESSAGES in sight)
    _tell_call(story, call)
    tellers = {
        Sight.EVENTS: _tell_news,
        Sight.MESSAGES: _tell_messages,
        Sight.DELIVERIES: _tell_deliveries,
        Sight.EXCHANGES: _tell_exchanges,
    }
    for part, tell in tellers.items():
        if part in sight:
            tell(story, call)
    return sorted(story.entries, key=lambda entry: entry.at)


def _tell_events(story: _Story, events: Sequence[CallEvent], *, has_bodies: bool) -> None:
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


def _tell_call(story: _Story, call: Call) -> None:
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


def _tell_news(story: _Story, call: Call) -> None:
    for event in Event.objects.filter(correlation_id=call.pk).order_by("id")[:MAX_ENTRIES]:
        story.add(event.occurred_at, "event", event.type, parts=(Part(_("Data"), pretty(event.data)),))


def _tell_messages(story: _Story, call: Call) -> None:
    _tell_redirects(story, call)
    _tell_crms(story, call)


def _tell_redirects(story: _Story, call: Call) -> None:
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


def _tell_crms(story: _Story, call: Call) -> None:
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


def _tell_exchanges(story: _Story, call: Call) -> None:
    for said in (
        Exchange.objects.filter(correlation_id=call.pk)
        .select_related("integration")
        .order_by("id")[:MAX_ENTRIES]
    ):
        answer = said.error_text or (str(said.status) if said.status else "")
        story.add(
            said.started_at,
            "crm",
            f"{said.integration.name}: {said.operation}",
            tone="bad" if said.error else "good",
            text=answer,
            parts=tuple(_exchange_parts(said)),
            link=("integrations_exchange", said.pk),
            seconds=said.duration_ms / 1000,
        )


def _exchange_parts(said: Exchange) -> Iterator[Part]:
    yield Part(_("Request"), _message(f"{said.method} {said.url}", said.request_headers, said.request_body))
    if said.status or said.response_body:
        yield Part(_("Answer"), _message(str(said.status or ""), said.response_headers, said.response_body))


def _message(first: str, headers: Mapping[str, Any], body: str) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    return "\n".join(lines) + (f"\n\n{body[:MAX_BODY]}" if body else "")


def _tell_deliveries(story: _Story, call: Call) -> None:
    deliveries = {
        one.pk: one
        for one in Delivery.objects.filter(event__correlation_id=call.pk)
        .select_related("endpoint")
        .order_by("id")[:MAX_ENTRIES]
    }
    for one in deliveries.values():
        link = ("webhooks_delivery", one.pk)
        name = f"{one.endpoint}: {one.event_type}"
        story.add(one.created_at, "webhook", _("%(name)s queued") % {"name": name}, link=link)
        if one.finished_at and one.state != DeliveryState.DONE:
            why = one.explanation
            text = " ".join(part for part in (why.what, why.fix) if part) if why is not None else one.detail
            story.add(
                one.finished_at,
                "webhook",
                f"{name} – {one.get_state_display()}",
                tone="bad",
                text=text,
                link=link,
            )
    for attempt in Attempt.objects.filter(delivery_id__in=list(deliveries)).order_by("id")[:MAX_ENTRIES]:
        delivery = deliveries[attempt.delivery_id]
        is_fine = attempt.status is not None and 200 <= attempt.status < 300
        parts = [
            Part(_("Request headers"), attempt.request_headers),
            Part(_("Answer"), attempt.response_body),
        ]
        story.add(
            attempt.started_at,
            "webhook",
            _("%(name)s, attempt %(n)s")
            % {"name": f"{delivery.endpoint}: {delivery.event_type}", "n": attempt.n},
            tone="good" if is_fine else "bad",
            text=" ".join(_outcome(attempt)),
            parts=tuple(part for part in parts if part.text),
            link=("webhooks_delivery", delivery.pk),
            seconds=attempt.total_ms / 1000,
        )


def _outcome(attempt: Attempt) -> Iterator[str]:
    if attempt.error:
        yield from (text for text in (*attempt.explanation, attempt.detail) if text)
    elif attempt.status:
        yield str(attempt.status)


def _tone(state: str) -> str:
    return {
        NotificationState.DONE: "good",
        NotificationState.FAILED: "bad",
        NotificationState.PARKED: "warn",
    }.get(NotificationState(state), "")


def pretty(value: Any) -> str:
    """JSON for reading."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)[:MAX_BODY]

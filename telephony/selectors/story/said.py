"""What was said to other systems because of a call: every exchange, every delivery and its attempts."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.models import Exchange
from telephony.models import Call
from telephony.selectors.story.entries import MAX_BODY, MAX_ENTRIES, Part, Story
from webhooks.models import Attempt, Delivery, DeliveryState


def tell_exchanges(story: Story, call: Call) -> None:
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


def tell_deliveries(story: Story, call: Call) -> None:
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

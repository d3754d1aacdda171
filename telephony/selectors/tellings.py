"""Who outside was to be told of a call, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from telephony.models import Call, CallNotification, NotificationState
from telephony.selectors.story import MAX_ENTRIES
from webhooks.models import Delivery, DeliveryState


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that somebody outside was to be told of a call. `waited` is what passed since the phone rang, in ms."""

    what: str
    whom: str
    state: str
    label: str
    at: datetime | None
    attempts: int
    why: str
    link: tuple[str, UUID]
    is_retryable: bool
    waited: int | None = None


def tellings(call: Call) -> list[Telling]:
    """What each CRM and each subscriber was told, in the order of its cause; two queries."""
    told = CallNotification.objects.filter(call=call).select_related("integration").order_by("id")
    sent = Delivery.objects.filter(event__correlation_id=call.pk).select_related("endpoint").order_by("id")
    return [
        *(_to_crm(one) for one in told),
        *(_to_subscriber(one) for one in sent[:MAX_ENTRIES]),
    ]


def _to_crm(one: CallNotification) -> Telling:
    is_done = one.state == NotificationState.DONE
    waited = one.settled_at - one.rang_at if is_done and one.rang_at and one.settled_at else None
    return Telling(
        what=f"{one.get_kind_display()} {one.variant}".strip(),
        whom=one.integration.name,
        state=one.state,
        label=str(one.get_state_display()),
        at=one.settled_at,
        attempts=one.attempts,
        why=one.why,
        link=("telephony_callnotification", one.pk),
        is_retryable=one.state in (NotificationState.FAILED, NotificationState.PARKED),
        waited=None if waited is None else round(waited.total_seconds() * 1000),
    )


def _to_subscriber(one: Delivery) -> Telling:
    why = one.explanation
    return Telling(
        what=one.event_type,
        whom=one.endpoint.name,
        state=one.state,
        label=str(one.get_state_display()),
        at=one.finished_at,
        attempts=one.attempts,
        why=" ".join(text for text in why if text) if why else one.detail,
        link=("webhooks_delivery", one.pk),
        is_retryable=one.state in (DeliveryState.FAILED, DeliveryState.PARKED, DeliveryState.CANCELLED),
    )

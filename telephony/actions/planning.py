"""From a call's state to what has to be said of it: CRM notifications and events. Pure but for the clock it is given."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from telephony.fold.state import Ring
from telephony.models import CallNotification, NotificationKind, NotificationState
from telephony.models.call import Call, CallDirection, CallPhase

POPUP_LIFE: Final = timedelta(seconds=20)
VARIANT_LENGTH: Final = 100
EXTERNAL: Final = (CallDirection.IN, CallDirection.OUT)

Key = tuple[UUID, UUID, str, str]
"""Integration, call, kind, variant: unique."""


@dataclass(frozen=True, slots=True)
class Crms:
    """The integrations that are told of a call; `hearing` are those that want to know who took it."""

    ids: tuple[UUID, ...] = ()
    hearing: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """The notifications that a call has already, by key, with their states."""

    states: dict[Key, str]

    def has_popup(self, integration_id: UUID, call_id: UUID) -> bool:
        """Whether this CRM has, or may yet get, a pop-up of the call."""
        return any(
            key[:3] == (integration_id, call_id, NotificationKind.POPUP)
            and state in (NotificationState.PENDING, NotificationState.DONE)
            for key, state in self.states.items()
        )


def variant(ring: Ring) -> str:
    """Names a set of extensions in at most 100 characters."""
    if len(ring.key) <= VARIANT_LENGTH:
        return ring.key
    return ring.key[:60] + "…" + hashlib.sha256(ring.key.encode()).hexdigest()[:16]


def while_folding(
    call: Call, rings: Iterable[Ring], crms: Crms, known: Known, now: datetime
) -> list[CallNotification]:
    """Pop-ups for each set of extensions that rang, who took it, and the hang-up once it is over. New ones only."""
    if call.direction not in EXTERNAL or call.is_merged:
        return []
    planned = [
        _popup(call, ring, integration_id, now)
        for ring in rings
        if call.ended_at is None or ring.at <= call.ended_at
        for integration_id in crms.ids
        if (integration_id, call.pk, NotificationKind.POPUP.value, variant(ring)) not in known.states
    ]
    known.states.update({key(one): one.state for one in planned})
    return planned + [
        one
        for one in _after_popups(call, crms)
        if key(one) not in known.states and known.has_popup(one.integration_id, call.pk)
    ]


def _after_popups(call: Call, crms: Crms) -> list[CallNotification]:
    """What those are told who were shown the call. After a transfer somebody else has taken it: that is told, too."""
    if call.phase == CallPhase.ENDED:
        return [_new(call, integration_id, NotificationKind.HANGUP) for integration_id in crms.ids]
    if call.phase != CallPhase.TALKING or call.answered_at is None or not call.responsible:
        return []
    answers = [_new(call, integration_id, NotificationKind.ANSWER) for integration_id in crms.hearing]
    for one in answers:
        one.variant, one.extensions = call.responsible, [call.responsible]
    return answers


def when_finished(call: Call, crms: Crms, known: Known, now: datetime) -> list[CallNotification]:
    """The upload of a call that is over for good."""
    if call.direction not in EXTERNAL:
        return []
    planned = []
    for integration_id in crms.ids:
        one = _new(call, integration_id, NotificationKind.UPLOAD)
        if key(one) not in known.states:
            planned.append(one if call.client_number else _cancelled(one, "no_number", now))
    return planned


def key(one: CallNotification) -> Key:
    return one.integration_id, one.call_id, str(one.kind), one.variant


def _popup(call: Call, ring: Ring, integration_id: UUID, now: datetime) -> CallNotification:
    one = _new(call, integration_id, NotificationKind.POPUP)
    one.variant, one.extensions, one.rang_at = variant(ring), list(ring.extensions), ring.at
    if not call.client_number:
        return _cancelled(one, "no_number", now)
    if call.phase == CallPhase.ENDED:
        return _cancelled(one, "call_over", now)
    return _cancelled(one, "too_late", now) if now - ring.at > POPUP_LIFE else one


def _new(call: Call, integration_id: UUID, kind: NotificationKind) -> CallNotification:
    return CallNotification(tenant_id=call.tenant_id, integration_id=integration_id, call=call, kind=kind)


def _cancelled(one: CallNotification, reason: str, now: datetime) -> CallNotification:
    one.state, one.reason_code, one.settled_at = NotificationState.CANCELLED, reason, now
    return one

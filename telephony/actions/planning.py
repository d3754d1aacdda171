"""From a call's state to what has to be said of it: CRM notifications and events. Pure but for the clock it is given."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from telephony.fold.state import Ring
from telephony.models import CallNotification, NotificationKind, NotificationState
from telephony.models.call import MISSED as UNSERVED
from telephony.models.call import Call, CallDirection, CallPhase, CallStatus
from telephony.models.policy import PopupMode
from telephony.policies import HeardLine, Policy
from telephony.rules import RuleFacts, possible

POPUP_LIFE: Final = timedelta(seconds=20)
VARIANT_LENGTH: Final = 100
EXTERNAL: Final = (CallDirection.IN, CallDirection.OUT)

Key = tuple[UUID, UUID, str, str]
"""Integration, call, kind, variant: unique."""


@dataclass(frozen=True, slots=True)
class Crms:
    """The integrations that are told of a call, and what their company chose.

    `hearing` want to know who took it, `hiding` of these only whose pop-ups to close; in those of `following` something
    can be made afterwards; `amending` take a correction of what is in their history, `attaching` a recording for it.
    """

    ids: tuple[UUID, ...] = ()
    hearing: frozenset[UUID] = frozenset()
    hiding: frozenset[UUID] = frozenset()
    following: frozenset[UUID] = frozenset()
    amending: frozenset[UUID] = frozenset()
    attaching: frozenset[UUID] = frozenset()
    policy: Policy = field(default_factory=Policy)

    def of(self, line: HeardLine) -> "Crms":
        """Those of them that hear of calls on that line."""
        heard = tuple(one for one in self.ids if line.is_heard_by(one))
        return self if heard == self.ids else replace(self, ids=heard)


@dataclass(frozen=True, slots=True)
class Known:
    """The notifications that a call has already, by key: their states, and as they are stored."""

    states: dict[Key, str]
    rows: dict[Key, CallNotification] = field(default_factory=dict)

    def untold(self, integration_id: UUID, call_id: UUID, ring: Ring) -> Ring | None:
        """The part of a set of extensions that this CRM has not been told of; None when there is none.

        Two sources may tell of the same phones in different sets, one at a time or all together.
        """
        told = {
            name
            for integration, call, kind, names in self.states
            if (integration, call, kind) == (integration_id, call_id, NotificationKind.POPUP)
            for name in names.split(",")
        }
        if (integration_id, call_id, NotificationKind.POPUP.value, variant(ring)) in self.states:
            return None
        rest = tuple(name for name in ring.extensions if name not in told)
        return replace(ring, extensions=rest) if rest else None

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
    """Pop-ups for those who want them now, who took it, and the hang-up once it is over. New ones only."""
    if call.direction not in EXTERNAL or call.is_merged:
        return []
    planned: list[CallNotification] = []
    for ring in _shown(call, rings, crms.policy):
        for integration_id in crms.ids:
            new = known.untold(integration_id, call.pk, ring)
            if new is not None:
                planned.append(_popup(call, new, integration_id, now))
                known.states[key(planned[-1])] = planned[-1].state
    return planned + [
        one
        for one in _after_popups(call, crms)
        if key(one) not in known.states and known.has_popup(one.integration_id, call.pk)
    ]


def _shown(call: Call, rings: Iterable[Ring], policy: Policy) -> list[Ring]:
    """Who is shown the call: those of a ring who want it while it rings, and whoever took it and wanted it only then."""
    found = [
        replace(ring, extensions=wanting)
        for ring in rings
        if call.ended_at is None or ring.at <= call.ended_at
        if (wanting := tuple(name for name in ring.extensions if policy.popups_of(name) == PopupMode.RING))
    ]
    taker = call.responsible if call.phase == CallPhase.TALKING and call.answered_at else ""
    if taker and policy.popups_of(taker) == PopupMode.ANSWER:
        found.append(Ring((taker,), _taken_at(call)))
    return found


def _taken_at(call: Call) -> datetime:
    """When whoever has the call now began to talk."""
    since = [talk["since"] for talk in call.talks if talk["extension"] == call.responsible]
    return datetime.fromisoformat(since[-1]) if since else call.answered_at or call.updated_at


def _after_popups(call: Call, crms: Crms) -> list[CallNotification]:
    """What those are told who were shown the call. After a transfer somebody else has taken it: that is told, too."""
    if call.status == CallStatus.LOST:
        return []  # its records may yet tell how it ended: see when_finished
    if call.phase == CallPhase.ENDED:
        return [_new(call, integration_id, NotificationKind.HANGUP) for integration_id in crms.ids]
    if call.phase != CallPhase.TALKING or call.answered_at is None or not call.responsible:
        return []
    has_losers = any(name != call.responsible for ring in call.rings for name in ring["extensions"])
    answers = [
        _new(call, integration_id, NotificationKind.ANSWER)
        for integration_id in crms.ids
        if integration_id in crms.hearing and (has_losers or integration_id not in crms.hiding)
    ]
    for one in answers:
        one.variant, one.extensions = call.responsible, [call.responsible]
    return answers


def when_finished(call: Call, crms: Crms, known: Known, now: datetime) -> list[CallNotification]:
    """The upload of a call that is over for good, the hang-up where it was not told before, and the question what else
    has to be done of it.
    """
    if call.direction not in EXTERNAL:
        return []
    planned = []
    for integration_id in crms.ids:
        one = _new(call, integration_id, NotificationKind.UPLOAD)
        if key(one) not in known.states:
            planned.append(one if call.client_number else _cancelled(one, "no_number", now))
        hangup = _new(call, integration_id, NotificationKind.HANGUP)
        if key(hangup) not in known.states and known.has_popup(integration_id, call.pk):
            planned.append(hangup)  # of a call that was lost sight of
        asked = _new(call, integration_id, NotificationKind.RULE)
        if key(asked) not in known.states and _may_follow(call, crms, integration_id):
            planned.append(asked)
    return planned


def rule_facts(call: Call, policy: Policy, integration_id: UUID) -> RuleFacts:
    """What rules look at, before anybody has asked the CRM."""
    line = policy.line(call.did, call.trunk)
    return RuleFacts(
        integration_id=integration_id,
        direction=call.direction,
        is_answered=_is_answered(call),
        line=line.number,
        is_open=policy.is_open(line, call.started_at),
    )


def _is_answered(call: Call) -> bool | None:
    """None for a call that was lost sight of."""
    if call.status in UNSERVED:
        return False
    return True if call.status == CallStatus.ANSWERED else None


def _may_follow(call: Call, crms: Crms, integration_id: UUID) -> bool:
    if integration_id not in crms.following or not call.client_number:
        return False
    facts = rule_facts(call, crms.policy, integration_id)
    return next(possible(crms.policy.rules, facts), None) is not None


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

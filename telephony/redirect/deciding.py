"""Answers one question within its time: starts what takes long first, then waits only as long as somebody better may come."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final
from uuid import UUID

from django.db import close_old_connections
from django.utils import timezone

from integrations.phones import to_e164
from telephony.models import RedirectSource
from telephony.redirect import circumstances, finding
from telephony.redirect.choosing import Caller, Candidate, Choice, Circumstances, barred, choose, untimely
from telephony.redirect.lookups import Question, ask_all
from telephony.redirect.rules import Rules, rules_of
from telephony.redirect.words import Reason
from telephony.selectors.hours import is_open
from telephony.selectors.presence import states_of
from tenants.scoping import tenant_scope

RESERVE: Final = 0.06
"""Seconds of the budget that are kept for what comes after the CRMs: who can be reached, and the answer."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: which call of which exchange. `began` is by the monotonic clock."""

    tenant_id: int
    pbx_id: UUID
    phone: str
    line: str = ""
    unique_id: str = ""
    channel: str = ""
    began: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer, with the rules by which it was found."""

    ask: Ask
    caller: Caller
    choice: Choice
    rules: Rules

    @property
    def ms(self) -> int:
        return round((time.monotonic() - self.ask.began) * 1000)


def decide(ask: Ask, *, may_repeat: bool = False) -> Decided:
    """Whose phone is to ring. `may_repeat` leaves out the guard against loops, for whoever holds the claim already."""
    rules = rules_of(ask.tenant_id).for_line(ask.line)
    caller = Caller(ask.phone.strip(), to_e164(ask.phone, rules.region), ask.line)
    obstacle = barred(caller, rules)
    if obstacle:
        return Decided(ask, caller, Choice(obstacle), rules)
    with tenant_scope(ask.tenant_id):
        now = Circumstances(
            is_open=not rules.checks_hours or is_open(ask.tenant_id, ask.line, timezone.now()),
            has_moved=not may_repeat
            and circumstances.has_moved(ask.pbx_id, ask.unique_id, caller.number, rules.ring_seconds),
        )
        obstacle = untimely(now, rules)
        choice = Choice(obstacle) if obstacle else _look(ask, caller, now, rules)
    return Decided(ask, caller, choice, rules)


def _look(ask: Ask, caller: Caller, now: Circumstances, rules: Rules) -> Choice:
    """Source by source, until somebody can be reached."""
    asks_crm = RedirectSource.CRM in rules.sources
    questions = ask_all(ask.tenant_id, caller.number, rules.remembers) if asks_crm else []
    finders = _finders(ask, caller, rules, questions)
    if not all(one.answer.done() for one in questions):
        for source in rules.sources:  # the time that the CRMs take anyway
            if source != RedirectSource.CRM:
                finders[source]()
    candidates: list[Candidate] = []
    choice = Choice(Reason.NOBODY)
    for source in rules.sources:
        fresh = finders[source]()
        if fresh:
            candidates += fresh
            choice = choose(candidates, _reached(now, candidates), rules)
            if choice.candidate:
                return choice
    return choice if choice.steps else Choice(_why_nobody(questions))


def _finders(
    ask: Ask, caller: Caller, rules: Rules, questions: Sequence[Question]
) -> dict[str, Callable[[], list[Candidate]]]:
    """How each source is asked; each of them at most once."""
    return {
        RedirectSource.CRM: cache(lambda: _by_crm(questions, ask.began + rules.budget - RESERVE)),
        RedirectSource.RECORDS: cache(lambda: finding.by_records(ask.tenant_id, caller.number)),
        RedirectSource.CONVERSATION: cache(lambda: finding.by_conversation(caller.number, rules.days)),
    }


def _by_crm(questions: Sequence[Question], deadline: float) -> list[Candidate]:
    if not all(one.answer.done() for one in questions):
        close_old_connections()  # of which there are few, and this one would only be held
        wait([one.answer for one in questions], timeout=max(deadline - time.monotonic(), 0.0))
    found = []
    for one in questions:
        answer = one.answer.result() if one.answer.done() else None
        if answer is None or answer.caller is None:
            continue
        said = answer.caller
        extensions = {user: extension for extension, user in one.integration.users.items()}
        extension = extensions.get(said.responsible_id, "") or said.extension
        if extension or said.responsible_id:
            found.append(
                Candidate(
                    RedirectSource.CRM,
                    extension,
                    said.name,
                    one.integration.id,
                    answer.status,
                    answer.is_remembered,
                )
            )
    return found


def _why_nobody(questions: Sequence[Question]) -> Reason:
    if any(not one.answer.done() for one in questions):
        return Reason.LATE
    troubles = [trouble for one in questions if (trouble := one.answer.result().trouble)]
    return troubles[0] if troubles else Reason.NOBODY


def _reached(now: Circumstances, candidates: Sequence[Candidate]) -> Circumstances:
    extensions = {one.extension for one in candidates if one.extension}
    if not extensions:
        return now
    presence = {extension: one.state for extension, one in states_of(extensions).items()}
    return replace(now, busy=circumstances.busy_among(extensions), presence=presence)

"""Handles one stored request of an outside system: the connector parses it, and each thing it says goes where it belongs.

What is not proved to be theirs is only a hint, so objects are read again. Every happening has an outcome of its own;
what was dealt with is not done again when the rest has to wait.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from config.correlation import correlated
from integrations import live
from integrations.actions.happenings import described
from integrations.actions.note_hook_fault import note_hook_fault
from integrations.actions.take_access import end_access, take_access
from integrations.connectors import UnknownConnector
from integrations.connectors import get as get_connector
from integrations.hooks import Admitted, Changed, Clicked, Happening, Hooks, Noticed, Removed, Revoked, Told
from integrations.http.journal import Journal, Sign
from integrations.mapping.active import mapped
from integrations.mapping.engine import MappedRecord
from integrations.mapping.through import MappedRecords, in_words
from integrations.models import Integration, OAuthToken
from integrations.receivers import Hook, receive_click, receive_records, receive_removal
from integrations.records import RecordKind
from integrations.sessions import open_session
from tenants.errors import HubError, RemoteRejected, TransientError, Unsupported
from tenants.events import UnknownEventType, emit
from tenants.scoping import tenant_scope
from webhooks.actions.record_handling import Handled, outcomes_of
from webhooks.models import Handling, Inbound
from webhooks.owners import Finding, Found
from webhooks.presets import Arrival
from webhooks.presets.arrival import NotReadable

SLICE_SECONDS: Final = 20.0  # of one turn: then other requests are let in
SECONDS: Final = 30.0  # for all calls of one turn


@dataclass(frozen=True, slots=True)
class Received:
    """What came of one turn. `retry_after` is in seconds, None when the last word is said.

    `is_counted`: whether the turn was an attempt that failed, and not one that only ran out of its time.
    """

    handled: Handled | None = None
    journal: Journal = field(default_factory=Journal)
    retry_after: float | None = None
    is_counted: bool = True


def receive_hook(inbound_id: UUID, *, is_last: bool = False) -> Received:
    """Never raises what people can read: it is in the outcome. `is_last`: what cannot be done now has failed."""
    row = Inbound.objects.select_related("source").filter(pk=inbound_id).first()
    if row is None or row.handling not in (Handling.WAITING, Handling.PARKED):
        return Received()
    owner = Integration.objects.select_related("tenant").filter(source_id=row.source_id).first()
    if owner is None:
        return _over(row, Found(_("Request"), Finding.FAILED, _("Its integration was deleted.")))
    if not owner.is_enabled:
        return Received(Handled(row.pk, row.replays, Handling.PARKED))
    with override(owner.tenant.language), correlated(row.correlation_id), tenant_scope(owner.tenant_id):
        return _receive(row, owner, is_last=is_last)


def _receive(row: Inbound, owner: Integration, *, is_last: bool) -> Received:
    try:
        happenings = _parsed(row, owner)
    except NotReadable as error:
        text = _("This is not what the system sends: %(why)s.") % {"why": error}
        return _over(row, Found(_("Request"), Finding.FAILED, text))
    if not happenings:
        return _over(row, Found(_("Request"), Finding.UNNEEDED, _("It says nothing that is needed here.")))
    hook = Hook(owner.pk, owner.tenant_id, row.pk, row.created_at, row.correlation_id, row.replays)
    with _Turn(hook, is_last=is_last) as turn:
        return turn.take(happenings, outcomes_of(row))


def _parsed(row: Inbound, owner: Integration) -> tuple[Happening, ...]:
    """Each once, in their order."""
    try:
        hooks: Hooks | None = get_connector(owner.connector).hooks
    except UnknownConnector as error:
        raise NotReadable(_("this version of Switchboard does not know the system")) from error
    if hooks is None:
        raise NotReadable(_("the system's connector takes no requests"))
    arrival = Arrival(
        row.headers,
        row.query,
        bytes(row.body),
        row.created_at.timestamp(),
        row.source.options,
    )
    if not hooks.is_genuine(arrival, _kept(owner)):
        raise NotReadable(_("it lacks the proof that came with the installation"))
    found: list[Happening] = []
    for happening in hooks.parse(arrival, owner.settings):
        if happening not in found:
            found.append(happening)
    return tuple(found)


def _kept(owner: Integration) -> Mapping[str, str]:
    token = OAuthToken.objects.filter(integration=owner).first()
    return token.extras if token else {}


def _over(row: Inbound, found: Found) -> Received:
    handling = Handling.FAILED if found.finding is Finding.FAILED else Handling.UNNEEDED
    return Received(Handled(row.pk, row.replays, handling, (found,)))


class _Turn:
    """One worker's work on one request; the session is opened by the first thing that needs one."""

    def __init__(self, hook: Hook, *, is_last: bool) -> None:
        self.hook = hook
        self.journal = Journal()
        self._is_last = is_last
        self._until = time.monotonic() + SLICE_SECONDS
        self._stack = ExitStack()
        self._records: MappedRecords | None = None
        self._retry_after: float | None = None
        self._has_failed = False

    def __enter__(self) -> "_Turn":
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    def take(self, happenings: tuple[Happening, ...], former: Sequence[Found]) -> Received:
        """Everything that is not settled yet, as long as the slice lasts."""
        settled = (Finding.DONE, Finding.UNNEEDED)
        found: list[Found] = []
        for place, happening in enumerate(happenings):
            known = former[place] if len(former) == len(happenings) else None
            if known is not None and known.finding in settled:
                found.append(known)
            else:
                found.append(self._one(happening, is_first=not found))
        return Received(
            Handled(self.hook.inbound_id, self.hook.replay, _handling(found), tuple(found)),
            self.journal,
            self._retry_after,
            is_counted=self._has_failed,
        )

    def _one(self, happening: Happening, *, is_first: bool) -> Found:
        what = described(happening)
        if time.monotonic() > self._until and not is_first:
            self._retry_after = self._retry_after or 0.0
            return Found(what, Finding.WAITING)
        try:
            text = _DEEDS[type(happening)](self, happening)
        except Unsupported as error:
            return Found(what, Finding.UNNEEDED, str(error))
        except TransientError as error:
            return self._later(what, error)
        except HubError as error:
            return Found(what, Finding.FAILED, str(error))
        return Found(what, Finding.DONE, str(text))

    def _later(self, what: str, error: TransientError) -> Found:
        self._has_failed = True
        if self._is_last:
            return Found(what, Finding.FAILED, str(error))
        self._retry_after = max(self._retry_after or 0.0, error.retry_after or 0.0)
        return Found(what, Finding.WAITING, str(error))

    # What each kind of happening leads to.

    def changed(self, happening: Changed) -> object:
        found = self._session().fetch_mapped(happening.kind, happening.outside_id)
        if found is None:
            return self._gone(happening.kind, happening.outside_id)
        return self._kept(found)

    def told(self, happening: Told) -> object:
        """As what is read: through the tenant's field mapping."""
        return self._kept(mapped(live.get(self.hook.integration_id), happening.record))

    def removed(self, happening: Removed) -> object:
        return self._gone(happening.kind, happening.outside_id)

    def _kept(self, found: MappedRecord) -> str:
        """What does not convert costs no record: it is said, and noted among the faulty records."""
        kind, outside_id, wrong = found.record.kind, found.record.outside_id, in_words(found.problems)
        try:
            said = receive_records(self.hook, kind, [found.record])
        except RemoteRejected as error:
            note_hook_fault(self.hook, kind, outside_id, f"{error} {wrong}".strip())
            raise
        note_hook_fault(self.hook, kind, outside_id, wrong)
        return f"{said} {wrong}".strip()

    def _gone(self, kind: RecordKind, outside_id: str) -> object:
        said = receive_removal(self.hook, kind, outside_id)
        note_hook_fault(self.hook, kind, outside_id, "")
        return said

    def clicked(self, happening: Clicked) -> object:
        return receive_click(self.hook, happening)

    def revoked(self, happening: Revoked) -> object:
        reason = str(happening.reason)
        end_access(self.hook, reason)
        sign = Sign(
            self.hook.integration_id, self.hook.tenant_id, timezone.now(), "revoked", reason, is_config=True
        )
        self.journal.signs.append(sign)
        return reason

    def admitted(self, happening: Admitted) -> object:
        return take_access(self.hook, happening)

    def noticed(self, happening: Noticed) -> object:
        key = f"hook:{self.hook.integration_id}:{happening.key}"
        try:
            event = emit(self.hook.tenant_id, happening.event_type, happening.data, key=key)
        except UnknownEventType as error:
            text = _("There is no event type %(name)s.") % {"name": happening.event_type}
            raise HubError(text) from error
        return _("Noted in the event log.") if event else _("It was in the event log already.")

    def _session(self) -> MappedRecords:
        if self._records is None:
            session = open_session(
                self.hook.integration_id,
                seconds=SECONDS,
                subject=self.hook.inbound_id,
                correlation_id=self.hook.correlation_id,
                journal=self.journal,
            )
            self._records = MappedRecords(self._stack.enter_context(session))
        return self._records


_DEEDS: Mapping[type[Happening], Callable[[_Turn, Any], object]] = {
    Changed: _Turn.changed,
    Told: _Turn.told,
    Removed: _Turn.removed,
    Clicked: _Turn.clicked,
    Revoked: _Turn.revoked,
    Admitted: _Turn.admitted,
    Noticed: _Turn.noticed,
}


def _handling(found: list[Found]) -> Handling:
    findings = {one.finding for one in found}
    for finding, handling in (
        (Finding.WAITING, Handling.WAITING),
        (Finding.FAILED, Handling.FAILED),
        (Finding.DONE, Handling.DONE),
    ):
        if finding in findings:
            return handling
    return Handling.UNNEEDED

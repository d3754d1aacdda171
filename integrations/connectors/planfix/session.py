"""A session with one Planfix account."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from django.utils.translation import gettext as _

from integrations.capabilities import (
    Account,
    CallAnswered,
    Caller,
    CallerLookup,
    CallHangup,
    CallKind,
    CallNotifications,
    CallReceipt,
    CallRinging,
    Diagnosis,
    FinishedCall,
    OutsideUser,
    Repeat,
)
from integrations.connectors.planfix import mapping
from integrations.connectors.planfix.client import Telephony
from integrations.connectors.planfix.diagnosis import diagnose
from integrations.connectors.planfix.follow_ups import PlanfixFollowUps
from integrations.connectors.planfix.records import PlanfixRecords
from integrations.connectors.planfix.rest import Rest
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.live import Live
from integrations.phones import digits
from tenants.errors import ConfigError, RemoteRejected, TransientError, Unsupported


class PlanfixSession(PlanfixFollowUps, PlanfixRecords, Account, CallNotifications, CallerLookup):
    """Planfix knows no repetition: a second COMPLETED is a second entry, so only what surely was not taken goes again."""

    hears_answers: ClassVar[bool] = True
    attaches_recordings: ClassVar[bool] = True
    repeatable: ClassVar[Mapping[CallKind, Repeat]] = MappingProxyType(
        # That somebody talks, and that a card is closed, may be said twice.
        {
            CallKind.RINGING: Repeat.IF_UNSENT,
            CallKind.ANSWERED: Repeat.ALWAYS,
            CallKind.HANGUP: Repeat.ALWAYS,
            CallKind.FINISHED: Repeat.IF_UNSENT,
        }
    )

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Telephony(http, live)
        self.rest = Rest(http, live)
        self.kinds = self.kinds_for(live.settings)  # type: ignore[misc]  # narrower than the connector's

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api, self.rest)

    def ping(self) -> None:
        if self._api.is_ready:
            self._api.ping()
        else:
            self.rest.user_page(0, 1)

    def list_users(self) -> Iterator[OutsideUser]:
        return map(mapping.outside_user, self.rest.users())

    def find_caller(self, phone: str) -> Caller | None:
        """One request, which brings the extension of whoever is responsible, too."""
        return mapping.caller(self._api.contact(digits(phone))) if digits(phone) else None

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        if not call.extensions:
            raise Unsupported(_("Planfix shows a call to an extension, and none rings."))
        return self._send(mapping.ringing_events(call))

    def notify_answered(self, call: CallAnswered) -> CallReceipt:
        return self._send(mapping.answered_events(call))

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        """Who had the call is told by its end; this closes the cards of the others."""
        skipped = mapping.skipped_events(call)
        if not skipped:
            raise Unsupported(_("Planfix learns of the end of a call from its entry in the history."))
        return self._send(skipped)

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        is_copied = bool(call.recording_url and self.live.settings.get("copies_recordings"))
        receipt = self._send([mapping.finished_event(call, is_copied=is_copied)])
        if is_copied:
            self._copy(call)
        return receipt

    def attach_recording(self, call: FinishedCall) -> CallReceipt:
        """Planfix was told that there is one, and waits for it."""
        if not call.recording_url:
            raise Unsupported(_("There is no address under which Planfix could have the recording."))
        is_copied = bool(self.live.settings.get("copies_recordings"))
        self._api.record(mapping.late_record(call, is_copied=is_copied))
        return CallReceipt()

    def _copy(self, call: FinishedCall) -> None:
        try:
            self._api.record(mapping.late_record(call, is_copied=True))
        except (RemoteRejected, ConfigError) as error:
            text = _("The call is in Planfix, but its recording was not taken: %(why)s")
            raise RemoteRejected(text % {"why": error}, detail=error.detail) from error
        except TransientError as error:
            # The end was told: doing all of it again would make a second entry.
            text = _("The call is in Planfix, but its recording did not get there: %(why)s")
            raise OutcomeUnknown(text % {"why": error}, detail=error.detail) from error

    def _send(self, events: Sequence[mapping.Form]) -> CallReceipt:
        for number, event in enumerate(events):
            try:
                self._api.event(event)
            except OutcomeUnknown:
                raise
            except TransientError as error:
                if number == 0:
                    raise
                # The ones before it were taken: doing all of it again would show them twice.
                raise OutcomeUnknown(
                    _("Planfix took the call for some of the extensions only."), detail=error.detail
                ) from error
        return CallReceipt()

"""A session with one Planfix account."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from integrations.capabilities import (
    Account,
    CallHangup,
    CallNotifications,
    CallReceipt,
    CallRinging,
    Diagnosis,
    FinishedCall,
    OutsideUser,
)
from integrations.connector import Session
from integrations.connectors.planfix import mapping
from integrations.connectors.planfix.client import Planfix
from integrations.connectors.planfix.diagnosis import diagnose
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.live import Live
from tenants.errors import TransientError, Unsupported


class PlanfixSession(Session, Account, CallNotifications):
    """Planfix knows no repetition: a second COMPLETED is a second entry, so only what surely was not taken goes again."""

    def __init__(self, live: Live, http: ApiClient) -> None:
        super().__init__(live, http)
        self._api = Planfix(http, live.credentials)

    def test_connection(self) -> Diagnosis:
        return diagnose(self._api)

    def list_users(self) -> Iterator[OutsideUser]:
        return map(mapping.outside_user, self._api.users())

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        if not call.extensions:
            raise Unsupported(_("Planfix shows a call to an extension, and none rings."))
        return self._send(mapping.ringing_events(call))

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        """Who had the call is told by its end; this closes the cards of the others."""
        skipped = mapping.skipped_events(call)
        if not skipped:
            raise Unsupported(_("Planfix learns of the end of a call from its entry in the history."))
        return self._send(skipped)

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        return self._send([mapping.finished_event(call)])

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

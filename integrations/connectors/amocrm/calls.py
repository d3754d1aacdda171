"""Telling amoCRM of calls: a toast while it rings, an entry in the customer's card when it is over."""

from dataclasses import replace

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations.capabilities import (
    CallHangup,
    CallNotifications,
    CallReceipt,
    CallRinging,
    Direction,
    FinishedCall,
    MappingIssue,
    MappingKind,
)
from integrations.connector import Session
from integrations.connectors.amocrm import mapping
from integrations.connectors.amocrm.client import AmoCrm, Row
from integrations.connectors.amocrm.manifest import TO_UNSORTED
from integrations.connectors.amocrm.refusals import EntityNotFound, Invalid
from integrations.http.errors import OutcomeUnknown
from tenants.errors import ConfigError, HubError, RemoteRejected, TransientError, Unsupported

SHOWN_SECONDS = 3600
_USER_FIELDS = frozenset({"created_by", "responsible_user_id", "call_responsible"})


class AmoCalls(Session, CallNotifications):
    """Nothing promises that amoCRM knows a call again, so only what surely was not taken is repeated."""

    api: AmoCrm

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        users = mapping.ringing_users(call)
        issues, confirmed = mapping.assignments(call)
        if not users and not self.live.settings.get("shows_to_everyone"):
            self.noted(CallReceipt(issues=issues))
            raise Unsupported(_("No amoCRM user is assigned to an extension that rings."))
        self._show(call, users)
        return self.noted(CallReceipt(issues=issues, confirmed=confirmed))

    def _show(self, call: CallRinging, users: list[int]) -> None:
        """A toast cannot be taken back: whoever has seen one of this call sees no second one when others ring, too."""
        keys = {user: f"amocrm:popup:{self.live.id}:{call.call_id}:{user}" for user in users or [0]}
        fresh = [user for user, key in keys.items() if cache.add(key, True, SHOWN_SECONDS)]
        if not fresh:
            raise Unsupported(_("Everybody whose phone rings has seen this call already."))
        try:
            self.api.popup(call.phone, [user for user in fresh if user])
        except HubError:
            cache.delete_many([keys[user] for user in fresh])
            raise

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        raise Unsupported(
            _("A notification of amoCRM cannot be taken back; the call's end goes into its history.")
        )

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        try:
            return self._into_history(call)
        except EntityNotFound:
            # Nobody has the number, and nothing was stored.
            return self._of_unknown(call)

    def _into_history(self, call: FinishedCall) -> CallReceipt:
        try:
            return self._noticed(call, self.api.add_call(mapping.call_note(call, self._source)))
        except Invalid as error:
            user = mapping.responsible_user(call)
            if not user or not error.paths & _USER_FIELDS:
                raise
        # The user was deleted there: the call is worth more than its owner. What was refused was not stored.
        stored = self.api.add_call(mapping.call_note(call, self._source, names_user=False))
        taken = self._noticed(replace(call, users={}), stored)
        issue = MappingIssue(MappingKind.USER, str(user))
        return self.noted(CallReceipt(issues=(issue,), outside_id=taken.outside_id))

    def _noticed(self, call: FinishedCall, taken: Row) -> CallReceipt:
        """The call is stored: whatever becomes of its task must not store it again."""
        minutes = float(self.live.settings.get("task_minutes") or 0)
        text = _("Call back %(phone)s: %(outcome)s") % {
            "phone": call.phone,
            "outcome": mapping.RESULT[call.outcome],
        }
        task = mapping.callback_task(call, taken, minutes, text) if minutes > 0 else None
        if task is not None:
            try:
                self.api.add_task(task)
            except (RemoteRejected, ConfigError) as error:
                why = _("The call is in its card, but amoCRM took no task: %(why)s") % {"why": error}
                raise RemoteRejected(why, detail=error.detail) from error
            except TransientError as error:
                why = _("The call is in its card, but its task did not get there: %(why)s") % {"why": error}
                raise OutcomeUnknown(why, detail=error.detail) from error
        return _receipt(taken)

    def _of_unknown(self, call: FinishedCall) -> CallReceipt:
        if call.direction is not Direction.IN:
            raise Unsupported(
                _("Nobody in amoCRM has the number that was called, so there is no card to put it in.")
            )
        if self.live.settings.get("unknown_callers") != TO_UNSORTED:
            raise Unsupported(_("Nobody in amoCRM has this number, and unknown callers are left out."))
        pipeline = str(self.live.settings.get("pipeline") or "")
        taken = self.api.add_unsorted_call(mapping.unsorted_call(call, self._source, pipeline))
        return CallReceipt(outside_id=str(taken.get("uid") or ""))

    @property
    def _source(self) -> str:
        return str(self.live.settings.get("source_name") or "Switchboard")


def _receipt(taken: Row) -> CallReceipt:
    return CallReceipt(outside_id=str(taken.get("id") or ""))

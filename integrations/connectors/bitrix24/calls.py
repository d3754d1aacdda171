"""Calls at one portal: registered once, shown to those who ring, finished once, then given their recording."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import ClassVar

from django.utils.translation import gettext as _

from integrations.capabilities import (
    CallAnswered,
    CallFacts,
    CallHangup,
    CallKind,
    CallNotifications,
    CallReceipt,
    CallRinging,
    FinishedCall,
    MappingIssue,
    MappingKind,
    Repeat,
)
from integrations.connector import Session
from integrations.connectors.bitrix24 import mapping
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.connectors.bitrix24.errors import Refused
from integrations.connectors.bitrix24.manifest import HANDED_OVER
from integrations.connectors.bitrix24.staff import Staff, known_user
from integrations.http.errors import OutcomeUnknown
from tenants.errors import ConfigError, RemoteRejected, TransientError, Unsupported

_NO_SUCH_CALL = "call is not found"


class Calls(Session, CallNotifications):
    """A registration is recognised for half an hour and cards may be shown twice; the end of a call is told once."""

    names_calls: ClassVar[bool] = True
    hears_answers: ClassVar[bool] = True
    attaches_recordings: ClassVar[bool] = True
    repeatable: ClassVar[Mapping[CallKind, Repeat]] = MappingProxyType(
        {
            CallKind.RINGING: Repeat.ALWAYS,
            CallKind.ANSWERED: Repeat.ALWAYS,
            CallKind.HANGUP: Repeat.ALWAYS,
            CallKind.FINISHED: Repeat.IF_UNSENT,
            CallKind.RECORDING: Repeat.ALWAYS,
        }
    )

    _api: Bitrix24
    _staff: Staff

    def notify_ringing(self, call: CallRinging) -> CallReceipt:
        if not call.extensions:
            raise Unsupported(_("Bitrix24 shows a call to a user, and nobody's phone rings."))
        found = self._staff.users(call)
        users = list(dict.fromkeys(found.values()))
        call_id = call.outside_id
        if users:
            rest = users
            if not call_id or not self._api.show(call_id, users):
                call_id, rest = self._register(call, users[0], is_shown=True), users[1:]
                if rest:
                    self._api.show(call_id, rest)
        return self.noted(_receipt(call, found, call_id))

    def notify_answered(self, call: CallAnswered) -> CallReceipt:
        """The card stays with whoever took the call."""
        return self._close_others(call)

    def notify_hangup(self, call: CallHangup) -> CallReceipt:
        """Whose call it was sees its end with the history; this closes the cards of the others."""
        return self._close_others(call)

    def _close_others(self, call: CallAnswered | CallHangup) -> CallReceipt:
        found = self._staff.users(call)
        first = found.get(next(iter(call.extensions), ""), "")
        others = [user for user in dict.fromkeys(found.values()) if user != first]
        if not call.outside_id or not others:
            raise Unsupported(_("Bitrix24 learns of the end of a call from its entry in the history."))
        self._api.hide(call.outside_id, others)
        return CallReceipt(outside_id=call.outside_id)

    def upload_call(self, call: FinishedCall) -> CallReceipt:
        found = self._staff.users(call)
        user = next(iter(found.values()), "") or self._default_user()
        call_id = call.outside_id or self._register(call, user, is_shown=False)
        try:
            self._api.finish(mapping.finish(call, call_id, user))
        except Refused as error:
            if not call.outside_id or not error.why.lower().startswith(_NO_SUCH_CALL):
                raise
            call_id = self._register(call, user, is_shown=False)
            self._api.finish(mapping.finish(call, call_id, user))
        self._attach(call, call_id)
        return self.noted(_receipt(call, found, call_id))

    def attach_recording(self, call: FinishedCall) -> CallReceipt:
        """Another one takes the place of the first, so it may come again."""
        fields = mapping.record(call, call.outside_id)
        if not call.outside_id or fields is None:
            raise Unsupported(_("Bitrix24 takes recordings as mp3 or wav, for calls that it knows."))
        self._hand_in(fields)
        return CallReceipt(outside_id=call.outside_id)

    def _register(self, call: CallFacts, user: str, *, is_shown: bool) -> str:
        settings = self.live.settings
        fields = mapping.registration(
            call,
            user,
            is_shown=is_shown,
            creates_leads=bool(settings.get("creates_leads")),
            line=str(settings.get("line") or ""),
        )
        call_id = self._api.register(fields).get("CALL_ID")
        if not isinstance(call_id, str) or not call_id:
            raise OutcomeUnknown(_("Bitrix24 registered the call without saying its id."))
        return call_id

    def _attach(self, call: FinishedCall, call_id: str) -> None:
        fields = mapping.record(call, call_id)
        if fields is None:
            return
        try:
            self._hand_in(fields)
        except (RemoteRejected, ConfigError) as error:
            text = _("The call is in Bitrix24's history, but its recording was not taken: %(why)s")
            raise RemoteRejected(text % {"why": error}, detail=error.detail) from error
        except TransientError as error:
            # The end was told: doing all of it again would tell it twice.
            text = _("The call is in Bitrix24's history, but its recording did not get there: %(why)s")
            raise OutcomeUnknown(text % {"why": error}, detail=error.detail) from error

    def _hand_in(self, fields: mapping.Fields) -> None:
        if self.live.settings.get("recordings") == HANDED_OVER:
            content = self.http.download(fields.pop("RECORD_URL"), "recording")
            self._api.attach_record_bytes(fields, content)
        else:
            self._api.attach_record(fields)

    def _default_user(self) -> str:
        """Bitrix24 takes no call without a user; one that reached nobody is somebody's all the same."""
        entered = str(self.live.settings.get("default_user") or "")
        user = known_user(entered) or self._staff.owner()
        if not user:
            raise ConfigError(_("Enter the user for calls that reached nobody."))
        return user


def _receipt(call: CallFacts, found: Mapping[str, str], call_id: str) -> CallReceipt:
    return CallReceipt(
        issues=_extensions(one for one in call.extensions if one not in found),
        confirmed=_extensions(found),
        outside_id=call_id,
    )


def _extensions(names: Iterable[str]) -> tuple[MappingIssue, ...]:
    return tuple(MappingIssue(MappingKind.EXTENSION, name) for name in names)

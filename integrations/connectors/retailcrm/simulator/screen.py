"""The screen of the simulated CRM as a manager sees it: who is being rung, and the history of calls."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.connectors.retailcrm.simulator.callbacks import Callback, Callbacks
from integrations.connectors.retailcrm.simulator.directory import USER_STATUSES
from integrations.connectors.retailcrm.simulator.forms import is_web_address
from integrations.connectors.retailcrm.simulator.state import Account, Call, Popup, User

MANAGERS_SHOWN = 12
CARDS_PER_MANAGER = 8
CALLS_SHOWN = 50

DIRECTIONS = {"in": _lazy("Incoming"), "out": _lazy("Outgoing")}
# RetailCRM spells the outcome of a pop-up and the result of a call differently.
OUTCOMES = {
    "answered": (_lazy("Answered"), "good"),
    "no answered": (_lazy("Not answered"), "bad"),
    "busy": (_lazy("Line busy"), "warn"),
    "cancel": (_lazy("Cancelled"), "bad"),
    "failed": (_lazy("Failed"), "bad"),
    "": (_lazy("Ended, no outcome sent"), "warn"),
}
RESULTS = {
    "answered": (_lazy("Answered"), "good"),
    "no answer": (_lazy("Not answered"), "bad"),
    "busy": (_lazy("Line busy"), "warn"),
    "failed": (_lazy("Failed"), "bad"),
    "not allowed": (_lazy("Not allowed"), "bad"),
    "unknown": (_lazy("Unknown"), "warn"),
}


class View:
    """Turns the account's state into what the page draws; every text is in the active language."""

    def __init__(self, account: Account, callbacks: Callbacks) -> None:
        self._account, self._callbacks = account, callbacks

    def snapshot(self) -> dict[str, Any]:
        with self._account.lock:
            popups = self._popups_by_user()
            managers = self._managers(set(popups))
            calls = self._account.calls
            can_call = self._account.calling_module() is not None
            return {
                "managers": [self._manager(user, popups.get(user.id, [])) for user in managers],
                "calls": [self._call(call, can_call=can_call) for call in calls[: -CALLS_SHOWN - 1 : -1]],
                "totals": {
                    "calls": len(calls),
                    "ringing": sum(popup.is_ringing for popup in self._account.popups),
                },
                "has_codes": any(self._account.code_of(user.id) for user in managers),
            }

    def _popups_by_user(self) -> dict[int, list[Popup]]:
        found: dict[int, list[Popup]] = {}
        for popup in self._account.popups:
            found.setdefault(popup.user_id, []).append(popup)
        return found

    def _managers(self, rung: set[int]) -> list[User]:
        """Those with an extension first; the page is about telephones."""
        everybody = self._account.users.values()
        users = [user for user in everybody if (user.active and user.is_manager) or user.id in rung]
        return sorted(users, key=lambda user: not self._account.code_of(user.id))[:MANAGERS_SHOWN]

    def _manager(self, user: User, popups: list[Popup]) -> dict[str, Any]:
        ringing = [popup for popup in popups if popup.is_ringing][-CARDS_PER_MANAGER:]
        # The last call stays readable, greyed, until the next one rings.
        last = max(popups, key=lambda popup: popup.ended_at or 0.0, default=None)
        cards = ringing or ([last] if last else [])
        return {
            "id": user.id,
            "name": user.name,
            "initials": user.first_name[:1] + user.last_name[:1],
            "code": self._account.code_of(user.id),
            "status": user.status,
            "cards": [self._card(popup) for popup in cards],
        }

    def _card(self, popup: Popup) -> dict[str, Any]:
        outcome, mood = OUTCOMES[popup.outcome]
        lasted = (popup.ended_at - popup.raised_at) if popup.ended_at else None
        return {
            "id": popup.id,
            "state": "ringing" if popup.is_ringing else "ended",
            "direction": popup.type,
            "direction_label": str(DIRECTIONS[popup.type]),
            "phone": popup.phone,
            "customer": self._customer(popup.phone),
            "line": popup.external_phone,
            "outcome": "" if popup.is_ringing else str(outcome),
            "mood": mood,
            "since": int(popup.shown.timestamp() * 1000),
            "lasted": "" if lasted is None else _clock(int(lasted)),
        }

    def _call(self, call: Call, *, can_call: bool) -> dict[str, Any]:
        user = self._account.users.get(call.user_id or 0)
        result, mood = RESULTS[call.result]
        return {
            "id": call.id,
            "date": call.date,
            "manager": user.name if user else _("nobody"),
            "code": call.code or self._account.code_of(call.user_id or 0),
            "direction": call.type,
            "direction_label": str(DIRECTIONS[call.type]),
            "phone": call.phone,
            "customer": self._customer(call.phone),
            "result": str(result),
            "mood": mood,
            "duration": _clock(call.duration),
            "waiting": _clock(call.duration_waiting),
            "record_url": call.record_url if is_web_address(call.record_url) else "",
            "can_call": can_call and user is not None and bool(self._account.code_of(user.id)),
        }

    def _customer(self, phone: str) -> str:
        customer = self._account.customer_by_phone(phone)
        return customer.name if customer else ""

    # What the buttons do.

    def call_back(self, data: dict[str, Any]) -> str:
        """Rings the manager of a call in the history, then the customer, through the registered module."""
        with self._account.lock:
            call = next((each for each in self._account.calls if each.id == data.get("call")), None)
        if call is None or call.user_id is None:
            raise ValueError(_("This call has no manager to ring."))
        try:
            made = self._callbacks.make_call(call.user_id, call.phone, call.external_phone)
        except LookupError as error:
            raise ValueError(_("No module offers calls, or the manager has no extension.")) from error
        return _told(made)

    def change_status(self, data: dict[str, Any]) -> str:
        """Sets a manager's status, as the manager would, and tells the modules."""
        with self._account.lock:
            user = self._account.users.get(data["user"]) if isinstance(data.get("user"), int) else None
            status = data.get("status")
            if user is None or status not in USER_STATUSES:
                raise ValueError(_("There is no such manager or status."))
            self._account.users[user.id] = replace(user, status=status)
        made = self._callbacks.change_status(user.id, status)
        return _told(made[-1]) if made else _("Status changed.")

    def change_activity(self, data: dict[str, Any]) -> str:
        """Switches a module on or off, or freezes it, as the account's administrator, and tells it."""
        code = data.get("module")
        if not isinstance(code, str) or code not in self._account.modules:
            raise ValueError(_("There is no such module."))
        made = self._callbacks.change_activity(
            code, active=data.get("active") is True, freeze=data.get("freeze") is True
        )
        return _told(made) if made else _("The module does not want to know.")

    def cleared(self) -> str:
        return _("The screen is clear.")


def _told(made: Callback) -> str:
    if made.status == 0:
        return _("The module did not answer.")
    return _("The module answered %(status)d.") % {"status": made.status}


def _clock(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"

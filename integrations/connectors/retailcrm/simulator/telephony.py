"""The telephony section: pop-ups by call/event, history by calls/upload, the responsible manager."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from integrations.connectors.retailcrm.simulator.directory import customer_json
from integrations.connectors.retailcrm.simulator.envelope import NOT_VALID, ApiError, bad_entity, success
from integrations.connectors.retailcrm.simulator.forms import Fields, json_parameter
from integrations.connectors.retailcrm.simulator.state import Account, CallEvent
from tenants.simulation import Reply, Request

EVENT_TYPES = ("in", "out", "hangup")
HANGUP_STATUSES = ("answered", "no answered", "busy", "cancel", "failed")
CALL_TYPES = ("in", "out")
CALL_RESULTS = ("answered", "busy", "failed", "no answer", "not allowed", "unknown")
MAX_CALLS = 50


class Telephony:
    """Handlers over the pop-ups and calls of one account."""

    def __init__(self, account: Account, url: Callable[[], str]) -> None:
        self._account, self._url = account, url

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("POST", "/api/v5/telephony/call/event"): self.call_event,
            ("POST", "/api/v5/telephony/calls/upload"): self.calls_upload,
            ("GET", "/api/v5/telephony/manager"): self.manager,
        }

    def call_event(self, request: Request) -> Reply:
        event = _read_event(json_parameter(request, "event", dict))
        known = {code: self._account.holders(code) for code in event.codes}
        missing_codes = [code for code, users in known.items() if not users]
        missing_users = [user for user in event.user_ids if user not in self._account.users]
        # Codes come before user ids: the latter are only looked at when there are no codes.
        recipients = [(user, code) for code, users in known.items() for user in users]
        if not event.codes:
            recipients = [
                (user, self._account.code_of(user)) for user in event.user_ids if user not in missing_users
            ]
        if event.type != "hangup":
            self._account.raise_popups(event, dict(recipients).items())
        else:
            names_somebody = bool(event.codes or event.user_ids)
            self._account.end_popups(event, {user for user, _code in recipients} if names_somebody else None)
        answer: dict[str, Any] = {"notExistCodes": missing_codes, "notExistUsers": missing_users}
        return success(**{key: value for key, value in answer.items() if value})

    def calls_upload(self, request: Request) -> Reply:
        entries = json_parameter(request, "calls", list)
        if len(entries) > MAX_CALLS:
            raise bad_entity({"calls": f"This collection should contain {MAX_CALLS} elements or less."})
        calls = self._read_calls(entries)
        duplicates = self._account.add_calls(calls)
        processed = len(calls) - len(duplicates)
        return success(
            processedCallsCount=processed, **({"duplicateCalls": duplicates} if duplicates else {})
        )

    def _read_calls(self, entries: list[Any]) -> list[dict[str, Any]]:
        """All or none: one illegal call refuses the request, naming every mistake."""
        calls, errors = [], {}
        for index, entry in enumerate(entries):
            fields = Fields(entry if isinstance(entry, dict) else {}, f"calls[{index}].")
            calls.append(self._read_call(fields))
            errors.update(fields.errors)
        if errors:
            raise bad_entity(errors)
        return calls

    def _read_call(self, fields: Fields) -> dict[str, Any]:
        code, user_id = fields.text("code"), fields.whole("userId")
        if code:
            user_id = next(iter(self._account.holders(code)), None)
        return {
            "date": _read_date(fields),
            "type": fields.choice("type", CALL_TYPES, required=True),
            "phone": fields.text("phone", required=True),
            "result": fields.choice("result", CALL_RESULTS, required=True),
            "code": code,
            "user_id": user_id,
            "duration": fields.whole("duration") or 0,
            "duration_waiting": fields.whole("durationWaiting") or 0,
            "external_id": fields.text("externalId"),
            "record_url": fields.text("recordUrl"),
            "external_phone": fields.text("externalPhone"),
            "site": fields.choice("site", self._account.sites),
        }

    def manager(self, request: Request) -> Reply:
        """Whom to ring for this number. A manager who is not free is only named with `ignoreStatus=1`."""
        phone = request.query.get("phone", "")
        if not phone:
            raise ApiError("Parameter 'phone' is missing")
        customer = self._account.customer_by_phone(phone)
        if customer is None:
            return success(
                links={
                    "newOrderLink": self._link("orders/add", phone),
                    "newCustomerLink": self._link("customers/add", phone),
                }
            )
        data: dict[str, Any] = {"links": {"customerLink": f"{self._url()}/customers/{customer.id}"}}
        data["links"]["newOrderLink"] = self._link("orders/add", phone)
        manager = self._account.users.get(customer.manager_id or 0)
        if (
            manager
            and manager.active
            and (manager.status == "free" or request.query.get("ignoreStatus") == "1")
        ):
            code = self._account.code_of(manager.id)
            data["manager"] = {
                "id": manager.id,
                "firstName": manager.first_name,
                "lastName": manager.last_name,
                "email": manager.email,
            }
            data["manager"] |= {"code": code} if code else {}
        if request.query.get("details") == "1":
            shown = ("id", "externalId", "firstName", "lastName", "email", "phones")
            data["customer"] = {key: value for key, value in customer_json(customer).items() if key in shown}
        return success(**data)

    def _link(self, page: str, phone: str) -> str:
        digits = "".join(each for each in phone if each.isdigit())
        return f"{self._url()}/{page}?phone={digits}"


def _read_event(data: dict[str, Any]) -> CallEvent:
    fields = Fields(data)
    event = CallEvent(
        type=fields.choice("type", EVENT_TYPES, required=True),
        phone=fields.text("phone", required=True),
        codes=fields.texts("codes"),
        user_ids=fields.wholes("userIds"),
        hangup_status=fields.choice("hangupStatus", HANGUP_STATUSES),
        call_external_id=fields.text("callExternalId"),
        external_phone=fields.text("externalPhone"),
        site=fields.text("site"),
    )
    if fields.errors:
        raise bad_entity(fields.errors)
    return event


def _read_date(fields: Fields) -> str:
    """`Y-m-d H:i:s` to the letter, in the account's zone: no offset, no T, no fraction."""
    text = fields.text("date", required=True)
    if text and not _is_date(text):
        fields.mark("date", NOT_VALID)
    return text


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text, re.ASCII):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True

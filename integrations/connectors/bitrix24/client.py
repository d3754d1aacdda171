"""Bitrix24's methods that we use. Each is a POST of JSON; the answer's `result` is an object, a list or a truth value."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from config.masking import MASK
from integrations.capabilities import Repeat
from integrations.connectors.bitrix24.errors import Refused, inspect, is_expired, refusal, rest_before_limit
from integrations.connectors.bitrix24.manifest import CRM, TELEPHONY
from integrations.connectors.bitrix24.portal import REST, check_webhook
from integrations.connectors.bitrix24.query import encoded
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Request
from integrations.live import Live
from tenants.errors import HubError

PAGE_SIZE = 50
MOST_PAGES = 2000
MOST_SUBCALLS = 50
NOT_FOUND = "NOT_FOUND"
LINE_NAME = "Switchboard"
TODO = "CRM_TODO"

Params = Mapping[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of each call of a batch, by its key; a key in neither was not reached."""

    results: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, HubError] = field(default_factory=dict)


class Bitrix24:
    """One method for each of theirs."""

    def __init__(self, http: ApiClient, live: Live) -> None:
        http.inspect, http.is_expired = inspect, is_expired
        self._http, self._live = http, live

    @property
    def is_app(self) -> bool:
        """Whether we come as an application, which alone may do what has to do with calls."""
        return not self._live.credentials.get("webhook_url")

    @property
    def connected_by(self) -> str:
        """The id of the user who allowed us in, where the token said it."""
        return self._http.kept.get("user_id", "")

    def profile(self) -> Row:
        """Whose rights we have; any access may ask that."""
        return as_object(self.read("profile"))

    def scope(self) -> list[str]:
        return [str(one) for one in as_list(self.read("scope"))]

    def users(self) -> Iterator[Row]:
        """All active employees, page by page."""
        start = 0
        for _page in range(MOST_PAGES):
            params = {"FILTER": {"ACTIVE": True, "USER_TYPE": "employee"}, "start": start}
            answer = self._answer("user.get", params, CRM)
            yield from as_rows(answer.get("result"))
            following = answer.get("next")
            if not isinstance(following, int) or following <= start:
                return
            start = following

    def first_users(self) -> list[Row]:
        """One page of them."""
        return as_rows(self.read("user.get", {"FILTER": {"ACTIVE": True, "USER_TYPE": "employee"}}))

    def app_info(self) -> Row:
        """Only an application may ask it, which is what a connection test wants to know."""
        return as_object(self.read("app.info", is_optional=True))

    def users_of(self, extensions: Sequence[str]) -> list[Row]:
        """The active employees with one of these numbers."""
        params = {"FILTER": {"ACTIVE": True, "UF_PHONE_INNER": list(extensions)}}
        return as_rows(self.read("user.get", params, bucket=TELEPHONY))

    def register(self, params: Params) -> Row:
        """A call; the same one within 30 minutes is recognised."""
        return as_object(self._telephony("register", params, Repeat.ALWAYS))

    def show(self, call_id: str, users: Sequence[str]) -> bool:
        """Whether there is such a call."""
        return self._telephony("show", _on_screens(call_id, users), Repeat.ALWAYS) is not False

    def hide(self, call_id: str, users: Sequence[str]) -> None:
        self._telephony("hide", _on_screens(call_id, users), Repeat.ALWAYS)

    def finish(self, params: Params) -> Row:
        """The call's end. A second one overwrites the first."""
        return as_object(self._telephony("finish", params, Repeat.NEVER))

    def attach_record(self, params: Params) -> None:
        """Its recording, once it is finished; another one takes the place of the first."""
        self._telephony("attachRecord", params, Repeat.ALWAYS, attempts=3)

    def attach_record_bytes(self, params: Params, content: bytes) -> None:
        """The same where Bitrix24 cannot reach the recording: it is handed over. Nothing of it is kept here."""
        noted = self._http.journal.exchanges
        before = len(noted)
        try:
            self.attach_record({**params, "FILE_CONTENT": b64encode(content).decode()})
        finally:
            for exchange in noted[before:]:
                exchange.request_body = MASK

    def callers(self, phone: str) -> list[Row]:
        """Who has that number, the likeliest first, each with the responsible user."""
        params = {"PHONE_NUMBER": phone}
        return as_rows(self.read("telephony.externalCall.searchCrmEntities", params, bucket=TELEPHONY))

    def duplicates(self, phones: Sequence[str]) -> Row:
        """The ids of leads, contacts and companies with one of at most 20 numbers; nobody is an empty list."""
        params = {"type": "PHONE", "values": list(phones)}
        return as_object(self.read("crm.duplicate.findbycomm", params, bucket=TELEPHONY))

    def items(self, entity: int, conditions: Params) -> list[Row]:
        """At most 50 objects in the order of their ids, without the count that would slow it down."""
        params = {
            "entityTypeId": entity,
            "filter": dict(conditions),
            "order": {"id": "ASC"},
            "select": ["*"],
            "start": -1,
        }
        return as_rows(as_object(self.read("crm.item.list", params)).get("items"))

    def item(self, entity: int, item_id: str) -> Row | None:
        """One object, or None when it is not there."""
        try:
            found = self.read("crm.item.get", {"entityTypeId": entity, "id": item_id}, is_optional=True)
        except Refused as error:
            if error.vendor_code == NOT_FOUND:
                return None
            raise
        return as_object(as_object(found).get("item")) or None

    def add_todo(self, params: Params) -> Row:
        """Something to be done, in a card. A repetition would be another one."""
        return as_object(self._call("crm.activity.todo.add", params, CRM))

    def todos(self, entity: int, item_id: str) -> list[Row]:
        """What is still to be done in a card, the newest first."""
        params = {
            "filter": {
                "OWNER_TYPE_ID": entity,
                "OWNER_ID": int(item_id),
                "PROVIDER_ID": TODO,
                "COMPLETED": "N",
            },
            "order": {"ID": "DESC"},
            "select": ["ID", "DESCRIPTION", "SUBJECT"],
        }
        return as_rows(self.read("crm.activity.list", params))

    def complete_todo(self, todo_id: str) -> None:
        """The same again changes nothing."""
        params = {"id": int(todo_id), "fields": {"COMPLETED": "Y"}}
        self._call("crm.activity.update", params, CRM, Repeat.ALWAYS)

    def delete(self, entity: int, item_id: str) -> None:
        params = {"entityTypeId": entity, "id": item_id}
        self._call("crm.item.delete", params, CRM, Repeat.ALWAYS, is_optional=True)

    def fields(self, entity: int) -> Row:
        found = as_object(self.read("crm.item.fields", {"entityTypeId": entity}))
        return as_object(found.get("fields"))

    def statuses(self) -> list[Row]:
        """All dictionaries in one: stages and sources by their ENTITY_ID."""
        return as_rows(self.read("crm.status.list"))

    def bindings(self) -> list[Row]:
        """The events that are sent to us, each with its handler."""
        return as_rows(self.read("event.get"))

    def offline_events(self) -> Row:
        """Up to 50 that nobody was given yet, marked with a process id until they are cleared."""
        return as_object(self.read("event.offline.get", {"clear": 0, "limit": PAGE_SIZE}))

    def taken_events(self) -> list[Row]:
        """Those that were given to somebody who has not said that they are stored."""
        return as_rows(self.read("event.offline.list", {"filter": {"!PROCESS_ID": ""}}))

    def clear_events(self, process_id: str) -> None:
        """They are stored: the portal may forget them. The same again clears nothing."""
        self._call("event.offline.clear", {"process_id": process_id}, CRM, Repeat.ALWAYS)

    def add_line(self, number: str) -> None:
        """The outside line of our calls; one that is there already is refused."""
        params = {"NUMBER": number, "NAME": LINE_NAME, "CRM_AUTO_CREATE": "N"}
        self._call("telephony.externalLine.add", params, TELEPHONY, is_optional=True)

    def batch(self, calls: Mapping[str, tuple[str, Params]], *, operation: str = "batch") -> Batch:
        """Up to 50 calls at once. Raises only when nothing can be said of any."""
        commands = {key: f"{method}?{encoded(params)}" for key, (method, params) in calls.items()}
        found = as_object(self._call("batch", {"halt": 0, "cmd": commands}, CRM, operation=operation))
        errors = as_object(found.get("result_error"))
        return Batch(as_object(found.get("result")), {key: _batch_error(one) for key, one in errors.items()})

    def read(
        self, method: str, params: Params | None = None, *, bucket: str = CRM, is_optional: bool = False
    ) -> Any:
        """What changes nothing may be asked again."""
        answer = self._answer(method, params or {}, bucket, is_optional=is_optional)
        return answer.get("result")

    def _answer(self, method: str, params: Params, bucket: str, *, is_optional: bool = False) -> Row:
        request = self._request(method, params, bucket, Repeat.ALWAYS, 3, is_optional, "", is_change=False)
        answer = self._http.call(request).json_object()
        self._http.pause(request, rest_before_limit(answer))
        return answer

    def _telephony(self, name: str, params: Params, repeat: Repeat, *, attempts: int = 1) -> Any:
        method = f"telephony.externalCall.{name}"
        request = self._request(method, params, TELEPHONY, repeat, attempts, False, "")
        return self._http.call(request).json_object().get("result")

    def _call(
        self, method: str, params: Params, bucket: str, repeat: Repeat = Repeat.NEVER, *, is_optional: bool = False, operation: str = ""
    ) -> Any:  # fmt: skip
        request = self._request(method, params, bucket, repeat, 1, is_optional, operation)
        return self._http.call(request).json_object().get("result")

    def _request(
        self, method: str, params: Params, bucket: str, repeat: Repeat, attempts: int, is_optional: bool, operation: str, is_change: bool = True
    ) -> Request:  # fmt: skip
        check_webhook(self._live.settings, self._live.credentials)
        return Request(
            method="POST",
            path=f"{REST}/{method}",
            operation=operation or method,
            json=dict(params),
            bucket=bucket,
            repeat=repeat,
            attempts=attempts,
            is_optional=is_optional,
            changes=is_change,
        )


def _on_screens(call_id: str, users: Sequence[str]) -> Params:
    return {"CALL_ID": call_id, "USER_ID": [int(one) for one in users]}


def _batch_error(answer: Any) -> HubError:
    found = refusal(answer) if isinstance(answer, Mapping) else None
    return found or OutcomeUnknown(_("The outside system answered in a form that we do not know."))


def as_object(value: Any) -> Row:
    """An object; Bitrix24 writes an empty one as `[]`, and a list where keys are numbers from zero."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(number): one for number, one in enumerate(value)}
    raise OutcomeUnknown(
        _("The outside system answered in a form that we do not know."),
        detail=f"expected an object, found {type(value).__name__}",
    )


def as_list(value: Any) -> list[Any]:
    """A list; one whose keys are not from zero on comes as an object."""
    return list(as_object(value).values())


def as_rows(value: Any) -> list[Row]:
    return [row for row in as_list(value) if isinstance(row, dict)]

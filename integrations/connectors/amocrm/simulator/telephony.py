"""Pop-ups, the history of calls, and the incoming leads of unknown callers."""

import time
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.amocrm.simulator.problems import Invalid, bad, invalid, problem
from integrations.connectors.amocrm.simulator.state import KEPT, PIPELINE, Account, Call, Popup, Row, Unsorted
from tenants.simulation import Reply, Request

NOT_FOUND = {"title": "Entity not found", "type": "about:blank", "status": 404, "detail": "Entity not found"}
_CALL_FIELDS: dict[str, tuple[type, ...]] = {
    "direction": (str,),
    "uniq": (str,),
    "duration": (int,),
    "source": (str,),
    "link": (str,),
    "phone": (str,),
    "call_result": (str,),
    "call_status": (int,),
    "call_responsible": (int, str),
    "responsible_user_id": (int,),
    "created_by": (int,),
    "updated_by": (int,),
    "created_at": (int,),
    "updated_at": (int,),
    "request_id": (str,),
}
_CALL_NEEDS = ("direction", "duration", "source", "phone")
_META_FIELDS: dict[str, tuple[type, ...]] = {
    "from": (str, int),
    "phone": (str, int),
    "called_at": (int,),
    "duration": (int,),
    "link": (str,),
    "service_code": (str,),
    "uniq": (str,),
    "is_call_event_needed": (bool,),
    "call_responsible": (int, str),
}
_META_NEEDS = ("phone", "called_at", "duration", "link", "service_code", "uniq")


class Telephony:
    """Everything that has to do with calls."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def popup(self, request: Request) -> Reply:
        """`POST /api/v2/events`: a toast, once; nobody is told when the call is over."""
        data = _json(request)
        rows = data.get("add") if isinstance(data, dict) else None
        if not isinstance(rows, list) or not rows:
            return problem(400, "add is missing")
        for row in rows:
            if not isinstance(row, dict) or row.get("type") != "phone_call" or not row.get("phone_number"):
                return problem(400, "type has to be phone_call, phone_number is needed")
            users = row.get("users", [])
            if not isinstance(users, list) or not all(self._is_user(one) for one in users):
                return problem(400, "users are not of this account")
        with self._account.lock:
            self._account.popups += [
                Popup(str(row["phone_number"]), tuple(row.get("users", [])), time.time()) for row in rows
            ]
            del self._account.popups[:-KEPT]
        return Reply.json({"_embedded": {"items": [{"element_id": 0, "uid": str(len(rows))}]}})

    def add_calls(self, request: Request) -> Reply:
        """`POST /api/v4/calls`: calls of numbers that nobody has are not stored."""
        items = _json(request)
        if not isinstance(items, list) or not items:
            return bad("InvalidCount", "", "This collection should contain 1 to 250 elements.")
        wrong = {str(place): self._wrong(item) for place, item in enumerate(items)}
        if any(wrong.values()):
            return invalid(wrong)
        found = [(item, self._account.by_phone(item["phone"])) for item in items]
        calls = [self._store(item, *at) for item, at in found if at]
        errors = [NOT_FOUND | {"request_id": item.get("request_id", "0")} for item, at in found if not at]
        body: Row = {"_total_items": len(calls), "errors": errors}
        if calls:
            body["_embedded"] = {"calls": calls}
        return Reply.json(body, 200 if calls else 400)

    def add_unsorted(self, request: Request) -> Reply:
        """`POST /api/v4/leads/unsorted/sip`: what is waiting there already is refused."""
        items = _json(request)
        if not isinstance(items, list) or not items:
            return bad("InvalidCount", "", "This collection should contain 1 to 250 elements.")
        wrong = {str(place): self._wrong_unsorted(item) for place, item in enumerate(items)}
        if any(wrong.values()):
            return invalid(wrong)
        with self._account.lock:
            made = [Unsorted(f"{self._account.number():040x}", item) for item in items]
            self._account.unsorted += made
            del self._account.unsorted[:-KEPT]
        rows = [{"uid": one.uid, "request_id": one.data.get("request_id", "0")} for one in made]
        return Reply.json({"_total_items": len(rows), "_embedded": {"unsorted": rows}})

    def accept(self, uid: str) -> Row | None:
        """Somebody accepts it: there is a contact now, and a lead."""
        with self._account.lock:
            one = next(
                (each for each in self._account.unsorted if each.uid == uid and not each.is_accepted), None
            )
            if one is None:
                return None
            one.is_accepted = True
            phone = str(one.data["metadata"]["from"])
            value = {"value": phone, "enum_id": 900, "enum_code": "WORK"}
            field = {
                "field_id": 11,
                "field_code": "PHONE",
                "field_type": "multitext",
                "field_name": "Телефон",
            }
            contact = self._account.add(
                "contacts", name=phone, custom_fields_values=[field | {"values": [value]}]
            )
            embedded = {"tags": [], "companies": [], "contacts": [{"id": contact["id"], "is_main": True}]}
            stage = {"price": 0, "status_id": 7_001, "pipeline_id": PIPELINE, "closed_at": None}
            return self._account.add("leads", name=phone, _embedded=embedded, **stage)

    def _store(self, item: Row, plural: str, row: Row) -> Row:
        with self._account.lock:
            call = Call(self._account.number(), item, plural, row["id"])
            self._account.calls.append(call)
            del self._account.calls[:-KEPT]
        return {
            "id": call.id,
            "entity_id": row["id"],
            "entity_type": {"contacts": "contact", "companies": "company", "leads": "lead"}[plural],
            "account_id": self._account.id,
            "request_id": item.get("request_id", "0"),
        }

    def _wrong(self, item: object) -> list[Invalid]:
        errors = _wrong_fields(item, _CALL_FIELDS, _CALL_NEEDS, "")
        if errors or not isinstance(item, dict):
            return errors
        if item["direction"] not in ("inbound", "outbound"):
            errors.append(_choice("direction"))
        if not 1 <= item.get("call_status", 8) <= 8:
            errors.append(_choice("call_status"))
        errors += [
            _choice(name)
            for name in ("created_by", "responsible_user_id", "updated_by")
            if name in item and not self._is_user(item[name])
        ]
        return errors + _wrong_link(item.get("link", ""), "link")

    def _wrong_unsorted(self, item: object) -> list[Invalid]:
        if not isinstance(item, dict) or not item.get("source_name") or not item.get("source_uid"):
            return [Invalid("FieldMissing", "source_uid", "This field is missing.")]
        metadata = item.get("metadata")
        errors = _wrong_fields(metadata, _META_FIELDS, _META_NEEDS, "metadata.")
        if errors or not isinstance(metadata, dict):
            return errors
        if item.get("pipeline_id", PIPELINE) != PIPELINE:
            errors.append(_choice("pipeline_id"))
        if any(
            each.data["metadata"]["uniq"] == metadata["uniq"] or each.data["source_uid"] == item["source_uid"]
            for each in self._account.unsorted
        ):
            errors.append(Invalid("AlreadyExists", "metadata.uniq", "Such an incoming lead exists already."))
        return errors + (_wrong_link(metadata["link"], "metadata.link") if metadata["link"] else [])

    def _is_user(self, number: object) -> bool:
        return any(one.id == number for one in self._account.users)


def _json(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:
        return None


def _choice(path: str) -> Invalid:
    return Invalid("NotSupportedChoice", path, "The value you selected is not a valid choice.")


def _wrong_fields(
    item: object, known: dict[str, tuple[type, ...]], needed: tuple[str, ...], prefix: str
) -> list[Invalid]:
    if not isinstance(item, dict):
        return [Invalid("InvalidType", prefix, "This value should be of type array.")]
    missing = [
        Invalid("FieldMissing", prefix + name, "This field is missing.")
        for name in needed
        if name not in item
    ]
    return missing + [
        Invalid("InvalidType", prefix + name, "This value is of a wrong type.")
        for name, value in item.items()
        if not isinstance(value, known.get(name, ()))
        or (isinstance(value, bool) and bool not in known[name])
        or (isinstance(value, int) and value < 0)
    ]


def _wrong_link(link: str, path: str) -> list[Invalid]:
    """The player wants an mp3 by https."""
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    if not link or (parts.scheme == "https" and parts.netloc and parts.path.lower().endswith(".mp3")):
        return []
    return [Invalid("InvalidUrl", path, "This value is not a valid URL of an mp3.")]

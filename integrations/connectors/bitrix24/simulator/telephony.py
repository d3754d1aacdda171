"""`telephony.*`: calls are registered, shown, hidden and finished; the same registration within 30 minutes is one call."""

import binascii
import hashlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.crm import Crm
from integrations.connectors.bitrix24.simulator.errors import Refused, core, whole
from integrations.connectors.bitrix24.simulator.state import (
    COMPANY,
    CONTACT,
    KEPT,
    LEAD,
    NAMES,
    Call,
    Employee,
    Portal,
    Row,
)

SAME_CALL_SECONDS = 30 * 60
TYPES = (1, 2, 3, 4, 5)
CODES = {"200", "304", "603", "603-S", "403", "404", "486", "484", "503", "480", "402", "423", "OTHER"}
EXTENSIONS = ("wav", "mp3")
NOT_FINISHED = "Call is not found in the statistic table. It looks like it is not finished yet."

Params = Mapping[str, Any]


class Telephony:
    """The methods over one portal."""

    def __init__(self, portal: Portal, crm: Crm) -> None:
        self._portal, self._crm = portal, crm

    def register(self, params: Params, caller: Caller) -> dict[str, Any]:
        employee = self._employee(params)
        phone = _phone(params)
        kind = whole(params.get("TYPE", ""), "Unknown TYPE")
        if kind not in TYPES:
            raise core("Unknown TYPE")
        _moment(params.get("CALL_START_DATE"))
        line, external_id = str(params.get("LINE_NUMBER", "")), str(params.get("EXTERNAL_CALL_ID", ""))
        if line and line not in self._portal.lines:
            raise core("Unknown line")
        with self._portal.lock:
            call = self._same(phone, kind, employee.id, line, external_id)
            if call is None:
                call = self._new(employee, phone, kind, line, external_id)
            else:
                call.registrations += 1
            if str(params.get("SHOW", 1)) == "1":
                _show(call, [employee.id])
        created = self._lead(params, call) if str(params.get("CRM_CREATE", 0)) == "1" else []
        entity = call.entity or (None, None)
        return {
            "CALL_ID": call.id,
            "CRM_CREATED_LEAD": created[0]["ENTITY_ID"] if created else None,
            "CRM_CREATED_ENTITIES": created,
            "CRM_ENTITY_TYPE": entity[0],
            "CRM_ENTITY_ID": entity[1],
        }

    def show(self, params: Params, caller: Caller) -> bool:
        return self._screens(params, is_shown=True)

    def hide(self, params: Params, caller: Caller) -> bool:
        return self._screens(params, is_shown=False)

    def finish(self, params: Params, caller: Caller) -> dict[str, Any]:
        call = self._portal.calls.get(str(params.get("CALL_ID", "")))
        if call is None:
            raise Refused("", "Call is not found. Call should be registered prior to finish")
        employee = self._employee(params)
        duration = whole(params.get("DURATION", 0), "DURATION should be a number")
        code = str(params.get("STATUS_CODE", "200" if duration else "304"))
        if code not in CODES or duration < 0:
            raise core("Unknown STATUS_CODE")
        with self._portal.lock:
            row = self._put_row(call, employee, duration, code)
            call.is_finished, call.shown = True, []
        return {
            "ID": row.id,
            "CALL_ID": call.id,
            "PORTAL_USER_ID": str(employee.id),
            "PHONE_NUMBER": call.phone,
            "CALL_START_DATE": {},
            "CALL_DURATION": str(duration),
            "CALL_STATUS": int(code == "200"),
            "CALL_FAILED_CODE": code,
            "CRM_ACTIVITY_ID": row.id + 1000,
        }

    def attach_record(self, params: Params, caller: Caller) -> dict[str, Any]:
        row = self._portal.statistics.get(str(params.get("CALL_ID", "")))
        url, name = str(params.get("RECORD_URL", "")), str(params.get("FILENAME", ""))
        if not url and not name:
            raise Refused(
                "", "Required parameters are not set. Request should contain either URL or FILENAME parameter"
            )
        if row is None:
            raise Refused("", NOT_FINISHED)
        content = _content(params.get("FILE_CONTENT"))
        name = name or urlsplit(url).path.rpartition("/")[2]
        if name.rpartition(".")[2].lower() not in EXTENSIONS:
            raise core("Wrong file extension. Only wav and mp3 are allowed")
        if url and not _is_public(url):
            raise Refused("", "Record URL resolves to a non-public address and was blocked.")
        with self._portal.lock:
            row.record_url, row.record_name, row.record = url, name, content
        if not url and not content:
            return {
                "uploadUrl": f"https://portal.example/rest/upload.json?token={row.id}",
                "fieldName": "file",
            }
        return {"FILE_ID": row.id + 5000}

    def search_entities(self, params: Params, caller: Caller) -> list[dict[str, Any]]:
        """Contacts first, then companies, then leads."""
        found = self._portal.found_by("PHONE", [_phone(params)])
        return [self._entity(kind, item) for kind in (CONTACT, COMPANY, LEAD) for item in found[kind]]

    def add_line(self, params: Params, caller: Caller) -> dict[str, int]:
        number = str(params.get("NUMBER", ""))
        if not number:
            raise core("NUMBER should not be empty")
        with self._portal.lock:
            if number in self._portal.lines:
                raise core("Line already exists")
            self._portal.lines[number] = str(params.get("NAME", number))
            return {"ID": len(self._portal.lines)}

    def _same(self, phone: str, kind: int, user_id: int, line: str, external_id: str) -> Call | None:
        key = (phone, kind, user_id, line, external_id)
        now = self._portal.clock()
        return next(
            (
                one
                for one in self._portal.calls.values()
                if (one.phone, one.type, one.user_id, one.line, one.external_id) == key
                and now - one.registered < SAME_CALL_SECONDS
            ),
            None,
        )

    def _new(self, employee: Employee, phone: str, kind: int, line: str, external_id: str) -> Call:
        now = self._portal.clock()
        number = self._portal.next_id()
        digest = hashlib.md5(f"{phone} {external_id} {number}".encode(), usedforsecurity=False).hexdigest()
        call = Call(f"externalCall.{digest}.{int(now)}", employee.id, phone, kind, line, external_id, now)
        found = self._portal.found_by("PHONE", [phone])
        call.entity = next(
            ((NAMES[kind], item["id"]) for kind in (CONTACT, COMPANY, LEAD) for item in found[kind]), None
        )
        self._portal.calls[call.id] = call
        if len(self._portal.calls) > KEPT:
            del self._portal.calls[next(iter(self._portal.calls))]
        return call

    def _lead(self, params: Params, call: Call) -> list[dict[str, Any]]:
        """For a number that nobody has."""
        if call.entity is not None:
            return []
        fields = {
            "title": call.phone,
            "sourceId": str(params.get("CRM_SOURCE", "CALL")),
            "assignedById": call.user_id,
            "fm": [{"typeId": "PHONE", "valueType": "WORK", "value": call.phone}],
        }
        lead = self._crm.create(LEAD, fields)
        call.entity = ("LEAD", lead["id"])
        return [{"ENTITY_TYPE": "LEAD", "ENTITY_ID": lead["id"]}]

    def _screens(self, params: Params, *, is_shown: bool) -> bool:
        """Whether there is such a call; employees whom the portal does not know see nothing."""
        call = self._portal.calls.get(str(params.get("CALL_ID", "")))
        if call is None or call.is_finished:
            return False
        wanted = params.get("USER_ID", call.user_id)
        ids = [whole(one, "USER_ID") for one in (wanted if isinstance(wanted, list) else [wanted])]
        with self._portal.lock:
            if is_shown:
                _show(call, [one for one in ids if one in self._portal.employees])
            else:
                call.shown = [one for one in call.shown if one not in ids]
        return True

    def _employee(self, params: Params) -> Employee:
        if params.get("USER_ID"):
            found = self._portal.employees.get(whole(params["USER_ID"], "USER_ID should be a number"))
        elif params.get("USER_PHONE_INNER"):
            found = self._portal.employee_by_extension(str(params["USER_PHONE_INNER"]))
        else:
            raise core("USER_ID or USER_PHONE_INNER should be set")
        if found is None or not found.is_active:
            raise core("User is not found or is not active")
        return found

    def _put_row(self, call: Call, employee: Employee, duration: int, code: str) -> Row:
        row = self._portal.statistics.get(call.id)
        if row is None:
            made = datetime.now(UTC)
            number = self._portal.next_id()
            row = Row(number, call.id, employee.id, call.phone, call.type, duration, code, made)
            self._portal.statistics[call.id] = row
            if len(self._portal.statistics) > KEPT:
                del self._portal.statistics[next(iter(self._portal.statistics))]
        else:
            row.user_id, row.duration, row.code = employee.id, duration, code
            row.finishes += 1
        return row

    def _entity(self, kind: int, item: dict[str, Any]) -> dict[str, Any]:
        owner = self._portal.employees.get(item.get("assignedById", 0))
        name = item.get("title") or " ".join(filter(None, (item.get("name"), item.get("lastName"))))
        return {
            "CRM_ENTITY_TYPE": NAMES[kind],
            "CRM_ENTITY_ID": item["id"],
            "ASSIGNED_BY_ID": item.get("assignedById"),
            "NAME": name,
            "ASSIGNED_BY": {
                "ID": owner.id,
                "TIMEMAN_STATUS": owner.workday,
                "USER_PHONE_INNER": owner.extension,
                "WORK_PHONE": "",
                "PERSONAL_PHONE": "",
                "PERSONAL_MOBILE": "",
            }
            if owner
            else [],
        }


def _content(value: Any) -> bytes:
    """base64, or nothing where it is fetched or uploaded."""
    try:
        return b64decode(str(value), validate=True) if value else b""
    except binascii.Error as error:
        raise core("FILE_CONTENT is not base64") from error


def _show(call: Call, ids: list[int]) -> None:
    call.shown = list(dict.fromkeys([*call.shown, *ids]))
    call.saw = list(dict.fromkeys([*call.saw, *ids]))


def _phone(params: Params) -> str:
    phone = str(params.get("PHONE_NUMBER", ""))
    digits = phone.removeprefix("+")
    if not digits.isascii() or not digits.isdigit() or not 3 <= len(digits) <= 20:
        raise core("Unsupported phone number format")
    return phone


def _moment(value: Any) -> None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise core("CALL_START_DATE should be in the ISO-8601 format") from error
    if moment.tzinfo is None:
        raise core("CALL_START_DATE should be in the ISO-8601 format")


def _is_public(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or host == "localhost":
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True

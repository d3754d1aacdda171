"""Pure functions between RetailCRM's JSON and our dataclasses."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from integrations.capabilities import (
    AgentState,
    AssignedExtension,
    Availability,
    CallAnswered,
    Caller,
    CallFacts,
    CallHangup,
    CallOutcome,
    CallReceipt,
    CallRinging,
    DirectoryReceipt,
    FinishedCall,
    MappingIssue,
    MappingKind,
    ModuleActivity,
    OutsideUser,
)
from integrations.phones import digits

INTEGRATION_CODE = "switchboard"
# Below PUBLIC_URL. RetailCRM signs nothing: the client id in the request is the proof.
ACTIVITY_PATH = "/retailcrm/activity"
STATUS_PATH = "/retailcrm/status"
ACCOUNT_PATH = "/retailcrm/account"
MAKE_CALL_PATH = "/retailcrm/make-call"
DATE_FORMAT = "%Y-%m-%d %H:%M:%S"

# Two enums for the same thing, spelled differently: `no answered` belongs to events, `no answer` to the history.
HANGUP_STATUS = {
    CallOutcome.ANSWERED: "answered",
    CallOutcome.MISSED: "no answered",
    CallOutcome.NO_AGENT: "no answered",
    CallOutcome.ABANDONED: "cancel",
    CallOutcome.CANCELLED: "cancel",
    CallOutcome.BUSY: "busy",
    CallOutcome.REJECTED: "busy",
    CallOutcome.UNAVAILABLE: "failed",
    CallOutcome.FAILED: "failed",
    CallOutcome.CONGESTION: "failed",
    CallOutcome.UNKNOWN: "failed",
}
STATUSES = {
    "free": Availability.AVAILABLE,
    "busy": Availability.BUSY,
    "dinner": Availability.AWAY,
    "break": Availability.AWAY,
}
UPLOAD_RESULT = {
    CallOutcome.ANSWERED: "answered",
    CallOutcome.MISSED: "no answer",
    CallOutcome.NO_AGENT: "no answer",
    CallOutcome.ABANDONED: "no answer",
    CallOutcome.CANCELLED: "no answer",
    CallOutcome.BUSY: "busy",
    CallOutcome.REJECTED: "busy",
    CallOutcome.UNAVAILABLE: "failed",
    CallOutcome.FAILED: "failed",
    CallOutcome.CONGESTION: "failed",
    CallOutcome.UNKNOWN: "unknown",
}


def ringing_event(call: CallRinging, site: str = "") -> dict[str, Any]:
    """The pop-up."""
    return {"type": call.direction.value, **_common(call, site)}


def taken_event(call: CallAnswered, site: str = "") -> dict[str, Any]:
    """The end of the pop-up for everybody but the first, who has the call."""
    others = replace(call, extensions=call.extensions[1:])
    return {"type": "hangup", "hangupStatus": HANGUP_STATUS[CallOutcome.CANCELLED], **_common(others, site)}


def hangup_event(call: CallHangup, site: str = "") -> dict[str, Any]:
    """The end of the pop-up."""
    return {"type": "hangup", "hangupStatus": HANGUP_STATUS[call.outcome], **_common(call, site)}


def _common(call: CallFacts, site: str) -> dict[str, Any]:
    event: dict[str, Any] = {"phone": digits(call.phone), "callExternalId": call.external_id}
    if call.extensions:
        event["codes"] = list(call.extensions)
    elif call.users:
        event["userIds"] = [int(user) for user in call.users.values() if user.isdecimal()]
    return event | _line(call, site)


def _line(call: CallFacts, site: str) -> dict[str, Any]:
    found = {"externalPhone": digits(call.did), "site": site}
    return {key: value for key, value in found.items() if value}


def history_entry(call: FinishedCall, zone: ZoneInfo, site: str = "") -> dict[str, Any]:
    """One finished call. Times are wall clock in the account's zone, without an offset."""
    entry: dict[str, Any] = {
        "date": call.started_at.astimezone(zone).strftime(DATE_FORMAT),
        "type": call.direction.value,
        "phone": digits(call.phone),
        "result": UPLOAD_RESULT[call.outcome],
        "duration": call.talk_seconds,
        "durationWaiting": call.wait_seconds,
        "externalId": call.external_id,
    }
    if call.extensions:
        entry["code"] = call.extensions[0]
    elif user := next((user for user in call.users.values() if user.isdecimal()), None):
        entry["userId"] = int(user)
    if call.recording_url:
        entry["recordUrl"] = call.recording_url
    return entry | _line(call, site)


def event_receipt(answer: Mapping[str, Any], call: CallFacts) -> CallReceipt:
    """Both lists of the unknown are optional."""
    unknown = set(_texts(answer.get("notExistCodes")))
    issues = [MappingIssue(MappingKind.EXTENSION, code) for code in sorted(unknown)]
    issues += [MappingIssue(MappingKind.USER, user) for user in _texts(answer.get("notExistUsers"))]
    known = [MappingIssue(MappingKind.EXTENSION, code) for code in call.extensions if code not in unknown]
    return CallReceipt(issues=tuple(issues), confirmed=tuple(known))


def upload_receipt(answer: Mapping[str, Any], external_id: str) -> CallReceipt:
    """A duplicate is not an error: the call is in the history."""
    return CallReceipt(duplicate=external_id in _texts(answer.get("duplicateCalls")))


def outside_user(row: Mapping[str, Any]) -> OutsideUser:
    """A user of the account; extensions are not among a user's fields."""
    names = [str(row.get(key) or "") for key in ("lastName", "firstName", "patronymic")]
    email = str(row.get("email") or "")
    return OutsideUser(
        id=str(row["id"]),
        name=" ".join(name for name in names if name) or email or str(row["id"]),
        email=email,
        active=bool(row.get("active", True)),
        status=agent_state(row.get("status")),
    )


def agent_state(word: object) -> AgentState | None:
    """A user's status in our words; None for one that is not documented."""
    found = STATUSES.get(word) if isinstance(word, str) else None
    return AgentState(found, str(word)) if found else None


def activity(text: str, address: str) -> ModuleActivity | None:
    """What a person did with our module there; None when it is not what RetailCRM sends."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    active, freeze = said.get("active"), said.get("freeze", False)
    if not isinstance(active, bool) or not isinstance(freeze, bool):
        return None
    return ModuleActivity(is_active=active, is_frozen=freeze, address=address)


def module_block(
    *,
    code: str,
    client_id: str,
    base_url: str,
    logo_url: str,
    assignments: Sequence[AssignedExtension],
    phones: Sequence[Mapping[str, Any]],
    makes_calls: bool,
    is_active: bool,
) -> dict[str, Any]:
    """The whole registration: leaving `additionalCodes` out may wipe everybody's extensions.

    `phones` are our lines by the shops that they belong to. The telephone icon appears with `makeCallUrl` only, so it is
    named where something answers there (`makes_calls`).
    """
    make_call = {"makeCallUrl": base_url + MAKE_CALL_PATH} if makes_calls else {}
    return {
        "code": code,
        "integrationCode": INTEGRATION_CODE,
        "active": is_active,
        "name": "Switchboard",
        "logo": logo_url,
        "baseUrl": base_url,
        "clientId": client_id,
        "accountUrl": base_url + ACCOUNT_PATH,
        # An unknown key in here has the whole block refused.
        "actions": {"activity": ACTIVITY_PATH},
        "integrations": {
            "telephony": {
                **make_call,
                "changeUserStatusUrl": base_url + STATUS_PATH,
                "allowEdit": False,
                "inputEventSupported": True,
                "outputEventSupported": True,
                "hangupEventSupported": True,
                "additionalCodes": [
                    {"userId": int(one.user_id), "code": one.extension}
                    for one in assignments
                    if one.user_id.isdecimal()
                ],
                "externalPhones": [
                    {"siteCode": str(one["site"]), "externalPhone": digits(str(one["phone"]))}
                    for one in phones
                ],
            }
        },
    }


def module_receipt(answer: Mapping[str, Any], assignments: Iterable[AssignedExtension]) -> DirectoryReceipt:
    """`info` may be an empty list instead of an object."""
    info = answer.get("info")
    found: Mapping[str, Any] = info if isinstance(info, Mapping) else {}
    # Their ids are numbers: anything else is somebody whom they cannot know.
    impossible = [one.user_id for one in assignments if not one.user_id.isdecimal()]
    issues = [
        MappingIssue(MappingKind.USER, user) for user in [*_texts(found.get("notExistUsersIds")), *impossible]
    ]
    issues += [MappingIssue(MappingKind.SITE, site) for site in _texts(found.get("notExistSiteCodes"))]
    return DirectoryReceipt(tuple(issues))


def registered_extensions(module: Mapping[str, Any]) -> tuple[AssignedExtension, ...]:
    """Their table of extensions."""
    telephony = (module.get("integrations") or {}).get("telephony") or {}
    rows = telephony.get("additionalCodes") or []
    return tuple(AssignedExtension(str(row.get("userId", "")), str(row.get("code", ""))) for row in rows)


def account_zone(settings: Mapping[str, Any]) -> str:
    """The name of the account's time zone, or nothing."""
    timezone = (settings.get("settings") or {}).get("timezone") or {}
    return str(timezone.get("value") or "") if isinstance(timezone, Mapping) else ""


def may(rights: Mapping[str, Any], path: str, scope: str) -> bool:
    """Whether a key may use a route: it is named by its path, with or without a version, or covered by a scope."""
    paths = [str(one) for one in rights.get("credentials") or []]
    return scope in (rights.get("scopes") or []) or any(one.rstrip("/").endswith(path) for one in paths)


def caller(answer: Mapping[str, Any], *, is_available: bool) -> Caller | None:
    """Whose customer calls; None without a manager. Every part of the answer may be missing."""
    manager = answer.get("manager")
    if not isinstance(manager, Mapping) or not manager.get("id"):
        return None
    known = customer_as_caller(answer) or Caller()
    return replace(
        known,
        responsible_id=str(manager["id"]),
        extension=str(manager.get("code") or ""),
        is_available=is_available,
    )


def customer_as_caller(answer: Mapping[str, Any]) -> Caller | None:
    """Who calls, without anybody responsible; None when nobody is known."""
    customer, links = answer.get("customer"), answer.get("links")
    if not isinstance(customer, Mapping) or not customer.get("id"):
        return None
    names = (str(customer.get(key) or "") for key in ("lastName", "firstName", "patronymic"))
    url = links.get("customerLink") if isinstance(links, Mapping) else ""
    return Caller(
        name=" ".join(filter(None, names)),
        url=url if isinstance(url, str) and url.startswith(("http://", "https://")) else "",
        contact_id=str(customer["id"]),
    )


def _texts(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list | tuple) else []

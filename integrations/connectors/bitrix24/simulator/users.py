"""`profile`, `scope`, `app.info` and `user.get`."""

from collections.abc import Mapping
from typing import Any

from integrations.connectors.bitrix24.simulator.access import Caller
from integrations.connectors.bitrix24.simulator.errors import mapping, whole
from integrations.connectors.bitrix24.simulator.state import Employee, Portal

PAGE = 50

Params = Mapping[str, Any]


class Users:
    """The methods over one portal."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def profile(self, params: Params, caller: Caller) -> dict[str, Any]:
        found = self._portal.employees.get(caller.user_id)
        name, lastname = (found.name, found.lastname) if found else ("", "")
        return {
            "ID": str(caller.user_id),
            "ADMIN": True,
            "NAME": name,
            "LAST_NAME": lastname,
            "TIME_ZONE": "",
        }

    def scope(self, params: Params, caller: Caller) -> list[str]:
        return list(caller.scope)

    def app_info(self, params: Params, caller: Caller) -> dict[str, Any]:
        return {"ID": 1, "CODE": "local.switchboard", "VERSION": 1, "STATUS": "L", "INSTALLED": True}

    def get(self, params: Params, caller: Caller) -> tuple[list[dict[str, Any]], dict[str, int]]:
        wanted = mapping(params.get("FILTER") or params.get("filter"), "FILTER")
        start = whole(params.get("start", 0) or 0, "start")
        found = [one for one in self._portal.employees.values() if _fits(one, wanted)]
        beside = {"total": len(found)}
        if start + PAGE < len(found):
            beside["next"] = start + PAGE
        return [_row(one) for one in found[start : start + PAGE]], beside


def _fits(one: Employee, wanted: Mapping[str, Any]) -> bool:
    if str(wanted.get("ACTIVE", "")).lower() in ("true", "1", "y") and not one.is_active:
        return False
    extensions = wanted.get("UF_PHONE_INNER") or wanted.get("@UF_PHONE_INNER")
    if extensions is None:
        return True
    return one.extension in (extensions if isinstance(extensions, list) else [extensions])


def _row(one: Employee) -> dict[str, Any]:
    return {
        "ID": str(one.id),
        "ACTIVE": one.is_active,
        "NAME": one.name,
        "LAST_NAME": one.lastname,
        "EMAIL": one.email,
        "WORK_PHONE": "",
        "PERSONAL_BIRTHDAY": {},
        "UF_DEPARTMENT": [1],
        "UF_PHONE_INNER": one.extension,
        "USER_TYPE": "employee",
    }

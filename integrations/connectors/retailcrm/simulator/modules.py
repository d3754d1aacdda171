"""Registration: integration modules, with the checks that RetailCRM makes on them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors.retailcrm.simulator.envelope import (
    BLANK,
    NOT_VALID,
    bad_entity,
    not_found,
    success,
)
from integrations.connectors.retailcrm.simulator.forms import is_web_address, json_parameter
from integrations.connectors.retailcrm.simulator.state import Account, Module
from tenants.simulation import Reply, Request, is_whole

KNOWN_ACTIONS = {"activity"}
TEXTS = ("integrationCode", "name", "clientId")
TELEPHONY_FLAGS = ("allowEdit", "inputEventSupported", "outputEventSupported", "hangupEventSupported")


class Modules:
    """Handlers over the modules of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> dict[tuple[str, str], Callable[..., Reply]]:
        return {
            ("GET", "/api/v5/integration-modules/{code}"): self.read,
            ("POST", "/api/v5/integration-modules/{code}/edit"): self.edit,
        }

    def read(self, request: Request, code: str) -> Reply:
        with self._account.lock:
            module = self._account.modules.get(code)
        if module is None:
            raise not_found()
        return success(integrationModule=module.data)

    def edit(self, request: Request, code: str) -> Reply:
        """Creates or changes. What an edit leaves out stays, except inside `integrations.telephony`."""
        sent = json_parameter(request, "integrationModule", dict)
        with self._account.lock:
            former = self._account.modules.get(code)
            data = {"active": False, "freeze": False, **(former.data if former else {}), "code": code, **sent}
            errors = _mistakes(code, data)
            if errors:
                raise bad_entity(errors)
            info = self._drop_unknown(data)
            self._account.modules[code] = Module(code, data)
            if self._account.modules[code].telephony:
                self._account.preset_codes = {}
        return success(info=info)

    def _drop_unknown(self, data: dict[str, Any]) -> dict[str, Any] | list[Any]:
        """Leaves out, and reports, codes of users and telephones of sites that do not exist."""
        block = (data.get("integrations") or {}).get("telephony")
        if not block:
            return []
        codes, phones = block.get("additionalCodes") or [], block.get("externalPhones") or []
        unknown_users = [
            int(each["userId"]) for each in codes if int(each["userId"]) not in self._account.users
        ]
        unknown_sites = [each["siteCode"] for each in phones if each["siteCode"] not in self._account.sites]
        kept = {
            "additionalCodes": [each for each in codes if int(each["userId"]) not in unknown_users],
            "externalPhones": [each for each in phones if each["siteCode"] not in unknown_sites],
        }
        data["integrations"] = {**data["integrations"], "telephony": {**block, **kept}}
        info = {"notExistUsersIds": unknown_users, "notExistSiteCodes": unknown_sites}
        # An empty PHP array is a JSON list, a filled one an object.
        return {key: value for key, value in info.items() if value} or []


def _mistakes(code: str, data: dict[str, Any]) -> dict[str, str]:
    errors = {name: BLANK for name in ("integrationCode", "baseUrl", "name", "logo") if not data.get(name)}
    if data["code"] != code:
        errors["code"] = NOT_VALID
    elif not code.startswith(str(data.get("integrationCode", ""))):
        errors["code"] = "Code prefix must match integrationCode"
    errors |= {name: NOT_VALID for name in TEXTS if not isinstance(data.get(name) or "", str)}
    if is_web_address(data.get("logo")) and not urlsplit(data["logo"]).path.lower().endswith(".svg"):
        errors["logo"] = "Logo image must be svg"
    for name in ("baseUrl", "logo", "accountUrl"):
        if data.get(name) and not is_web_address(data[name]):
            errors.setdefault(name, "This value is not a valid URL.")
    actions = data.get("actions") or {}
    if (
        not isinstance(actions, dict)
        or set(actions) - KNOWN_ACTIONS
        or not all(map(_is_text, actions.values()))
    ):
        errors["actions"] = NOT_VALID
    integrations = data.get("integrations") or {}
    if not isinstance(integrations, dict):
        return {**errors, "integrations": NOT_VALID}
    return {**errors, **_telephony_mistakes(integrations.get("telephony") or {})}


def _telephony_mistakes(block: Any) -> dict[str, str]:
    at = "integrations.telephony"
    if not isinstance(block, dict):
        return {at: NOT_VALID}
    errors = {
        f"{at}.{name}": NOT_VALID for name in TELEPHONY_FLAGS if not isinstance(block.get(name, False), bool)
    }
    for name in ("makeCallUrl", "changeUserStatusUrl"):
        if block.get(name) and not is_web_address(block[name]):
            errors[f"{at}.{name}"] = "This value is not a valid URL."
    if not _is_list_of(block.get("additionalCodes"), {"userId": _is_number, "code": _is_text}):
        errors[f"{at}.additionalCodes"] = NOT_VALID
    if not _is_list_of(block.get("externalPhones"), {"siteCode": _is_text, "externalPhone": _is_text}):
        errors[f"{at}.externalPhones"] = NOT_VALID
    return errors


def _is_list_of(value: Any, keys: dict[str, Callable[[Any], bool]]) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and all(
        isinstance(each, dict) and all(is_right(each.get(name)) for name, is_right in keys.items())
        for each in value
    )


def _is_number(value: Any) -> bool:
    """A user id: a number in one official SDK, a string of digits in another."""
    return isinstance(value, int | str) and not isinstance(value, bool) and is_whole(str(value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""

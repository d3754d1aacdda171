"""`/rest/…`: finds the method, checks who calls and what they may, and puts the answer into the usual envelope."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.connectors.bitrix24.simulator.access import OPERATING_SECONDS, Access, Caller
from integrations.connectors.bitrix24.simulator.crm import Crm
from integrations.connectors.bitrix24.simulator.errors import Refused, mapping
from integrations.connectors.bitrix24.simulator.events import Events
from integrations.connectors.bitrix24.simulator.php import nested, parsed, php_array
from integrations.connectors.bitrix24.simulator.state import Portal
from integrations.connectors.bitrix24.simulator.telephony import Telephony
from integrations.connectors.bitrix24.simulator.todos import Todos
from integrations.connectors.bitrix24.simulator.users import Users
from tenants.simulation import Reply, Request

MOST_SUBCALLS = 50
_WEBHOOK = re.compile(r"/rest/(\d+)/([^/]+)/([\w.]+?)(?:\.json)?")
_APP = re.compile(r"/rest/([\w.]+?)(?:\.json)?")
_REFERENCE = re.compile(r"\$result((?:\[[^\]]+\])+)")

Params = Mapping[str, Any]
Handler = Callable[[Params, Caller], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """`handler` answers with `result`, or with a pair of it and what stands beside it."""

    handler: Handler
    scope: str = ""
    is_for_apps: bool = False


class Rest:
    """All methods of one portal."""

    def __init__(self, portal: Portal, access: Access, events: Events, crm: Crm) -> None:
        self._portal, self._access = portal, access
        self._methods = {name.lower(): one for name, one in _table(portal, events, crm).items()}

    def answer(self, request: Request) -> Reply:
        try:
            params = _params(request)
            method, caller = self._enter(request, params)
            if method == "batch":
                return self._reply({"result": self._batch(params, caller)})
            result, beside = self._run(method, params, caller)
            return self._reply({"result": result} | beside)
        except Refused as refused:
            return self._reply(refused.body(), refused.status)

    def refused(self, code: str, text: str, status: int) -> Reply:
        """A refusal of any request."""
        return self._reply(Refused(code, text).body(), status)

    def _enter(self, request: Request, params: Params) -> tuple[str, Caller]:
        self._access.pace()
        if match := _WEBHOOK.fullmatch(request.path):
            return match[3].lower(), self._access.by_webhook(match[1], match[2])
        match = _APP.fullmatch(request.path)
        if match is None:
            raise Refused("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
        return match[1].lower(), self._access.by_token(str(params.get("auth", "")))

    def _run(self, name: str, params: Params, caller: Caller) -> tuple[Any, dict[str, Any]]:
        method = self._methods.get(name)
        if method is None:
            raise Refused("ERROR_METHOD_NOT_FOUND", "Method not found!", 404)
        if method.scope and method.scope not in caller.scope:
            raise Refused(
                "insufficient_scope", "The request requires higher privileges than provided by the token", 403
            )
        if method.is_for_apps and not caller.is_app:
            raise Refused("WRONG_AUTH_TYPE", "Current authorization type is denied for this method", 403)
        self._access.operate(name)
        found = method.handler(params, caller)
        return found if isinstance(found, tuple) else (found, {})

    def _batch(self, params: Params, caller: Caller) -> dict[str, Any]:
        """Always HTTP 200; each call has its result or its error, and may name the results of those before it."""
        commands = params.get("cmd")
        named = (
            {str(number): one for number, one in enumerate(commands)}
            if isinstance(commands, list)
            else mapping(commands, "cmd")
        )
        if len(named) > MOST_SUBCALLS:
            raise Refused("ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        beside: dict[str, dict[str, Any]] = {"next": {}, "total": {}}
        for key, command in named.items():
            try:
                results[str(key)] = self._subcall(str(command), caller, results, str(key), beside)
            except Refused as refused:
                errors[str(key)] = refused.body()
                if str(params.get("halt", 0)) == "1":
                    break
        return {
            "result": php_array(results),
            "result_error": php_array(errors),
            "result_total": php_array(beside["total"]),
            "result_next": php_array(beside["next"]),
            "result_time": [],
        }

    def _subcall(
        self, command: str, caller: Caller, results: dict[str, Any], key: str, beside: dict[str, dict[str, Any]]
    ) -> Any:  # fmt: skip
        name, _mark, query = command.partition("?")
        if name.lower() == "batch":
            raise Refused("ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage", 405)
        result, more = self._run(name.lower(), _resolved(parsed(query), results), caller)
        for part, value in more.items():
            beside[part][key] = value
        return result

    def _reply(self, body: dict[str, Any], status: int = 200) -> Reply:
        now = self._portal.clock()
        free = max([*self._access.blocked_until.values(), 0])
        time = {
            "start": now,
            "finish": now,
            "duration": 0.01,
            "processing": 0.01,
            "date_start": self._portal.now(),
            "date_finish": self._portal.now(),
            "operating_reset_at": int(free or now + OPERATING_SECONDS),
            "operating": self._access.operating,
        }
        return Reply.json(body | {"time": time}, status)


def _table(portal: Portal, events: Events, crm: Crm) -> dict[str, Method]:
    users, phone, todos = Users(portal), Telephony(portal, crm), Todos(portal)
    return {
        "profile": Method(users.profile),
        "scope": Method(users.scope),
        "app.info": Method(users.app_info, is_for_apps=True),
        "user.get": Method(users.get, "user"),
        "event.bind": Method(events.bind, is_for_apps=True),
        "event.unbind": Method(events.unbind, is_for_apps=True),
        "event.get": Method(events.get, is_for_apps=True),
        "event.offline.get": Method(events.offline_get, is_for_apps=True),
        "event.offline.list": Method(events.offline_list, is_for_apps=True),
        "event.offline.clear": Method(events.offline_clear, is_for_apps=True),
        "crm.item.list": Method(crm.page, "crm"),
        "crm.item.get": Method(crm.get, "crm"),
        "crm.item.add": Method(crm.add, "crm"),
        "crm.item.update": Method(crm.update, "crm"),
        "crm.item.delete": Method(crm.delete, "crm"),
        "crm.item.fields": Method(crm.fields, "crm"),
        "crm.activity.todo.add": Method(todos.add, "crm"),
        "crm.activity.list": Method(todos.page, "crm"),
        "crm.activity.update": Method(todos.update, "crm"),
        "crm.status.list": Method(crm.statuses, "crm"),
        "crm.duplicate.findbycomm": Method(crm.duplicates, "crm"),
        "telephony.externalCall.register": Method(phone.register, "telephony", is_for_apps=True),
        "telephony.externalCall.finish": Method(phone.finish, "telephony", is_for_apps=True),
        "telephony.externalCall.show": Method(phone.show, "telephony"),
        "telephony.externalCall.hide": Method(phone.hide, "telephony"),
        "telephony.externalCall.attachRecord": Method(phone.attach_record, "telephony"),
        "telephony.externalCall.searchCrmEntities": Method(phone.search_entities, "telephony"),
        "telephony.externalLine.add": Method(phone.add_line, "telephony", is_for_apps=True),
    }


def _params(request: Request) -> dict[str, Any]:
    """From the query, and from the body in either of its forms."""
    found = nested(request.query_pairs)
    if request.content_type != "application/json":
        return found | nested(request.form_pairs)
    try:
        body = request.json() if request.body else {}
    except ValueError as error:
        raise Refused("INVALID_REQUEST", "Wrong JSON") from error
    return found | (body if isinstance(body, dict) else {})


def _resolved(value: Any, results: Mapping[str, Any]) -> Any:
    """With `$result[key][field]` replaced by what that call answered."""
    if isinstance(value, dict):
        return {name: _resolved(inner, results) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, results) for inner in value]
    return _REFERENCE.sub(lambda match: _found(match[1], results), str(value))


def _found(steps: str, results: Any) -> str:
    for step in re.findall(r"\[([^\]]+)\]", steps):
        if isinstance(results, list) and step.isdecimal():
            results = results[int(step)] if int(step) < len(results) else None
        else:
            results = results.get(step) if isinstance(results, Mapping) else None
    return "" if results is None else str(results)

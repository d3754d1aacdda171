"""The HTTP side: key, limits, pages, errors, webhooks."""

import hashlib
import hmac
import itertools
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import requests

from integrations.connectors._skeleton.simulator.state import COLLECTIONS, FIELDS, State
from tenants.simulation import BaseSimulator, RateLimit, Reply, Request, Routes
from tenants.simulation.messages import json_object

DEFAULT_KEY = "simulator-_skeleton-key"
LARGEST_PAGE, SHOWN = 100, 30


class Refused(Exception):
    """A request that is answered with an error: its status, code and text."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code = status, code


class Simulator(BaseSimulator):
    """`api_key` is the one it knows; `tell` sends a webhook to whoever subscribed."""

    name: ClassVar[str] = "_skeleton"
    title: ClassVar[Any] = "Skeleton"
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = DEFAULT_KEY,
        user_count: int = 3,
        limits_rate: bool = True,
        is_furnished: bool = False,
    ) -> None:
        super().__init__(host=host, port=port)
        self.api_key, self._is_furnished = api_key, is_furnished
        self.state = State(self.clock, user_count)
        self._rate = RateLimit(10, 1.0) if limits_rate else None
        self._hook_ids, self._event_ids = itertools.count(1), itertools.count(1)
        self._furnish()
        self._routes = Routes(
            {
                ("GET", "/api/account"): self._account,
                ("GET", "/api/webhooks"): self._hooks,
                ("POST", "/api/webhooks"): self._add_hook,
                ("DELETE", "/api/webhooks/{number}"): self._remove_hook,
                ("GET", "/api/{collection}"): self._list,
                ("POST", "/api/{collection}"): self._create,
                ("GET", "/api/{collection}/{number}"): self._one,
                ("PATCH", "/api/{collection}/{number}"): self._change,
            }
        )

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> "Simulator":
        return cls(host=options["host"], port=options["port"], is_furnished=True)

    def how_to_connect(self) -> dict[str, str]:
        return {"url": self.url, "api_key": self.api_key}

    def reset(self) -> None:
        self.state.clear()
        self._furnish()
        super().reset()

    def snapshot(self, language: str) -> dict[str, Any]:
        rows = [
            {"id": f"{name}-{row['id']}", "collection": name, "number": row["id"], "fields": str(row)[:300]}
            for name in COLLECTIONS
            for row in self.state.listed(name)[:-SHOWN:-1]
        ]
        return {"rows": rows, "total": len(rows)}

    def respond(self, request: Request) -> Reply:
        if not hmac.compare_digest(request.header("x-api-key").encode(), self.api_key.encode()):
            return _error(401, "unauthorized", "unknown key")
        if self._rate is not None and not self._rate.admit():
            return self.excess(request)
        answer = self._routes.find(request)
        if answer is None:
            return _error(404, "not_found", "no such address")
        try:
            return answer()
        except Refused as error:
            return _error(error.status, error.code, str(error))
        finally:
            self.changes.touch()

    def excess(self, request: Request) -> Reply:
        return Reply.json({"error": {"code": "rate_limited"}}, 429, (("Retry-After", "1"),))

    def tell(self, event: str, object_id: str) -> list[int]:
        """Sends a webhook to all who subscribed; the statuses of their answers."""
        return [
            self.outbox.send(hook["url"], partial(self._post, hook, event, object_id), 0)
            for hook in list(self.state.hooks.values())
        ]

    def signed(self, event: str, object_id: str, secret: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a webhook."""
        body = json.dumps(
            {"id": f"e{next(self._event_ids)}", "event": event, "object_id": object_id}
        ).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Signature": f"sha256={signature}"}, body

    def _post(self, hook: dict[str, Any], event: str, object_id: str) -> int:
        headers, body = self.signed(event, object_id, str(hook["secret"]))
        with requests.Session() as session:
            session.trust_env = False  # a proxy of the environment must not come between two local servers
            return session.post(hook["url"], data=body, headers=headers, timeout=5).status_code

    def _furnish(self) -> None:
        if self._is_furnished:
            self.state.add("contacts", {"name": "Anna", "phones": ["+375291234570"]})

    def _account(self, request: Request) -> Reply:
        return Reply.json({"account": {"name": "Skeleton"}})

    def _list(self, request: Request, collection: str) -> Reply:
        if collection not in (*COLLECTIONS, "users"):
            raise Refused(404, "not_found", "no such address")
        limit = request.query.get("limit", "50")
        if not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
            raise Refused(422, "invalid", f"limit must be from 1 to {LARGEST_PAGE}")
        rows = [
            row
            for row in self.state.listed(collection, request.query.get("updated_since", ""))
            if _number(row["id"]) > _place(request.query.get("page_token", ""))
        ]
        page = rows[: int(limit)]
        token = _token(page[-1]["id"]) if len(rows) > len(page) else None
        return Reply.json({collection: page, "next_page_token": token})

    def _create(self, request: Request, collection: str) -> Reply:
        row = self.state.add(collection, _body(request, collection), key=request.header("idempotency-key"))
        return Reply.json({"item": row}, 201)

    def _one(self, request: Request, collection: str, number: str) -> Reply:
        row = self.state.rows.get(collection, {}).get(number)
        if row is None:
            raise Refused(404, "not_found", "no such object")
        return Reply.json({"item": row})

    def _change(self, request: Request, collection: str, number: str) -> Reply:
        row = self.state.change(collection, number, _body(request, collection))
        if row is None:
            raise Refused(404, "not_found", "no such object")
        return Reply.json({"item": row})

    def _hooks(self, request: Request) -> Reply:
        rows = [{"id": number, "url": one["url"], "active": True} for number, one in self.state.hooks.items()]
        return Reply.json({"webhooks": rows})

    def _add_hook(self, request: Request) -> Reply:
        asked = _json(request)
        if not all(isinstance(asked.get(name), str) for name in ("url", "secret")):
            raise Refused(422, "invalid", "url and secret are needed")
        number = f"h{next(self._hook_ids)}"
        self.state.hooks[number] = {"url": asked["url"], "secret": asked["secret"]}
        return Reply.json({"item": {"id": number, "url": asked["url"], "active": True}}, 201)

    def _remove_hook(self, request: Request, number: str) -> Reply:
        self.state.hooks.pop(number, None)
        return Reply(204)


def _body(request: Request, collection: str) -> dict[str, Any]:
    """Unknown fields are refused."""
    if collection not in COLLECTIONS:
        raise Refused(404, "not_found", "no such address")
    found = _json(request)
    unknown = set(found) - FIELDS[collection]
    if unknown:
        raise Refused(422, "invalid", f"unknown: {', '.join(sorted(unknown))}")
    return found


def _json(request: Request) -> dict[str, Any]:
    try:
        return json_object(request)
    except ValueError as error:
        raise Refused(422, "invalid", "send a JSON object") from error


def _number(outside_id: str) -> int:
    return int(outside_id[1:])


def _token(outside_id: str) -> str:
    return urlsafe_b64encode(f"after:{_number(outside_id)}".encode()).decode()


def _place(token: str) -> int:
    if not token:
        return 0
    try:
        return int(urlsafe_b64decode(token).decode().removeprefix("after:"))
    except ValueError as error:
        raise Refused(422, "invalid", "page_token is none of ours") from error


def _error(status: int, code: str, text: str) -> Reply:
    return Reply.json({"error": {"code": code, "message": text}}, status)

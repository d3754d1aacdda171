"""The made-up system: `/api/<style>/<collection>` lists, `/api/<collection>/{id}` is one object."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from integrations.connectors.rest.simulator import odata
from integrations.connectors.rest.simulator.graphql import GraphQL
from integrations.connectors.rest.simulator.keys import CLIENT_ID, Keys
from integrations.connectors.rest.simulator.store import COLLECTIONS, Store
from integrations.connectors.rest.simulator.styles import STYLES, BadRequest
from tenants.simulation import BaseSimulator, Kind, Reply, Request, is_whole

DEFAULT_KEY = "simulator-rest-key"
SHOWN = 30
ODATA = {"odata": odata.collection, "delta": odata.delta}
PEOPLE = ("Анна Иванова", "Пётр Сидоров", "Мария Петрова", "Иван Кузнецов")


class Simulator(BaseSimulator):
    """A small ERP. `scheme` is how it wants its key: none, bearer, header, query, basic or oauth2."""

    name: ClassVar[str] = "rest"
    title: ClassVar[Any] = _("A system with a REST API")
    folder: ClassVar[Path] = Path(__file__).parent / "page"

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        key: str = DEFAULT_KEY,
        scheme: str = "bearer",
        is_furnished: bool = False,
    ) -> None:
        super().__init__(host=host, port=port)
        self.key, self.scheme, self.keys = key, scheme, Keys(scheme, key)
        self.store = Store(self.clock)
        self.graphql = GraphQL(self.store)
        self._is_furnished = is_furnished
        self._furnish()

    @classmethod
    def from_options(cls, options: dict[str, Any]) -> "Simulator":
        return cls(host=options["host"], port=options["port"], is_furnished=True)

    def reset(self) -> None:
        self.store.clear()
        self._furnish()
        super().reset()

    def _furnish(self) -> None:
        for number, name in enumerate(PEOPLE if self._is_furnished else ()):
            phone = f"8 (029) 123-45-{70 + number}"
            self.store.add("contacts", {"full_name": name, "phones": [{"number": phone}], "active": "yes"})
            order = {
                "no": f"A-{number + 1}",
                "sum": 1250 * (number + 1),
                "state": "S1",
                "buyer": {"name": name},
            }
            self.store.add("orders", order)

    def respond(self, request: Request) -> Reply:
        if request.path == "/api/oauth/token":
            return self.keys.give_token(request)
        if not self.keys.is_known(request):
            return Reply.json({"error": "unauthorized"}, 401)
        if request.path == "/api/graphql" and request.method == "POST":
            try:
                return self.graphql.answer(request)
            finally:
                self.changes.touch()
        steps = request.path.removeprefix("/api/").split("/")
        if not request.path.startswith("/api/") or len(steps) > 2:
            return _missing()
        try:
            if steps[0] in COLLECTIONS:
                return self._objects(request, *steps)
            if steps[0] in ODATA and len(steps) == 2 and steps[1] in COLLECTIONS and request.method == "GET":
                return ODATA[steps[0]](self.store, steps[1], request.query, f"{self.url}{request.path}")
            if steps[0] in STYLES and len(steps) == 2 and steps[1] in COLLECTIONS:
                return self._list(request, steps[0], steps[1])
        except BadRequest as error:
            return Reply.json({"error": str(error)}, 422)
        return _missing()

    def _list(self, request: Request, style: str, collection: str) -> Reply:
        asked = dict(request.query)
        if request.method == "POST":
            asked |= {str(name): str(value) for name, value in _body(request).items()}
        elif request.method != "GET":
            return Reply.json({"error": "method not allowed"}, 405)
        since = asked.get("updated_since", "")
        if since:
            _moment(since)
        rows = self.store.since(collection, since)
        if "external_id" in asked:
            rows = [row for row in rows if row.get("external_id") == asked["external_id"]]
        return STYLES[style](rows, asked, f"{self.url}{request.path}")

    def _objects(self, request: Request, collection: str, number: str = "") -> Reply:
        if not number:
            if request.method != "POST":
                return Reply.json({"error": "method not allowed"}, 405)
            made = self.store.add(collection, _body(request), key=request.header("idempotency-key"))
            self.changes.touch()
            return Reply.json({"data": made}, 201)
        if not is_whole(number) or self.store.get(collection, int(number)) is None:
            return _missing()
        return self._one(request, collection, int(number))

    def _one(self, request: Request, collection: str, number: int) -> Reply:
        if request.method == "GET":
            return Reply.json({"data": self.store.get(collection, number)})
        if request.method == "DELETE":
            self.store.remove(collection, number)
            self.changes.touch()
            return Reply(204)
        if request.method not in ("PATCH", "PUT", "POST"):
            return Reply.json({"error": "method not allowed"}, 405)
        row = self.store.change(collection, number, _body(request))
        self.changes.touch()
        return Reply.json({"data": row})

    def excess(self, request: Request) -> Reply:
        if request.path != "/api/graphql":
            return super().excess(request)
        told = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return Reply.json({"errors": [told]}, headers=(("Retry-After", "1"),))

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return {
            Kind.INSERTED: lambda request: self.store.add(
                _listed(request), {"full_name": PEOPLE[0], "no": "A-0"}
            ),
            Kind.REMOVED: lambda request: self.store.remove(_listed(request), self._first(request)),
            Kind.MOVED: lambda request: self.store.change(
                _listed(request), self._first(request), {"active": "no"}
            ),
        }

    def _first(self, request: Request) -> int:
        """Its number; 0, which nothing has, when there is none."""
        return next((int(row["id"]) for row in self.store.since(_listed(request), "")), 0)

    def how_to_connect(self) -> dict[str, str]:
        found = {"url": f"{self.url}/api", "scheme": self.scheme}
        if self.scheme == "oauth2":
            return {**found, "client_id": CLIENT_ID, "client_secret": self.key}
        return {**found, "key": self.key}

    @classmethod
    def described(cls) -> dict[str, Any]:
        """The contacts, as somebody would describe them in the admin."""
        contacts = {
            "kind": "contact",
            "list_path": "/cursor/contacts",
            "items": "items",
            "paging": "cursor",
            "page_parameter": "after",
            "size_parameter": "limit",
            "next_field": "paging.next",
            "updated_field": "updated_at",
            "since_parameter": "updated_since",
            "object_path": "/contacts/{id}",
            "object_in": "data",
            "create_path": "/contacts",
            "update_path": "/contacts/{id}",
        }
        return {"kinds": [contacts]}

    def snapshot(self, language: str) -> dict[str, Any]:
        rows = [
            {"id": f"{name}-{row['id']}", "collection": name, "number": row["id"], "fields": _told(row)}
            for name in COLLECTIONS
            for row in self.store.since(name, "")[:-SHOWN:-1]
        ]
        return {"rows": rows, "total": len(rows)}


def _listed(request: Request) -> str:
    """The collection that the request is about."""
    return next((step for step in request.path.split("/") if step in COLLECTIONS), COLLECTIONS[0])


def _told(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in row.items() if name != "id")[:300]


def _body(request: Request) -> dict[str, Any]:
    try:
        found = request.json()
    except ValueError as error:
        raise BadRequest("the body is no JSON") from error
    if not isinstance(found, dict):
        raise BadRequest("send an object")
    return found


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest("updated_since must be ISO 8601") from error
    if moment.tzinfo is None:
        raise BadRequest("updated_since needs a zone")
    return moment.astimezone(UTC)


def _missing() -> Reply:
    return Reply.json({"error": "not found"}, 404)

"""The made-up CRM: contacts by time of change and offset, companies by a feed of changes, products without either."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from tenants.simulation import BaseSimulator, Kind
from tenants.simulation.messages import Reply, Request, json_object
from tenants.simulation.routes import Routes

BEGINNING = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
PAGE = 3
KINDS = ("contacts", "companies", "products")


class TinyCrm(BaseSimulator):
    """`objects[kind][id]` are its objects; each change takes a second of its own clock."""

    name = "tinycrm"
    title = "Tiny CRM"
    folder: ClassVar[Path] = Path(__file__).parent

    def __init__(self, page: int = PAGE, **options: Any) -> None:
        super().__init__(**options)
        self.page = page
        self.objects: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in KINDS}
        self.feed: list[tuple[str, str]] = []
        self.keys: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.between_pages: Any = None
        self.forgets: frozenset[str] = frozenset()
        self.forgets_keys = False
        self._clock, self._next = BEGINNING, 1
        self._own = threading.RLock()
        self._routes = Routes({
            ("GET", "/feed-end"): lambda _request: Reply.json({"after": len(self.feed)}),
            ("GET", "/{kind}"): self._list,
            ("GET", "/feed/companies"): self._changes,
            ("GET", "/{kind}/{id}"): self._one,
            ("POST", "/{kind}"): self._create,
            ("PATCH", "/{kind}/{id}"): self._change,
        })  # fmt: skip

    # What people do there.

    def put(self, kind: str, id: str = "", **fields: Any) -> str:
        """Create or change an object, as a person would."""
        with self._own:
            if not id:
                id, self._next = str(self._next), self._next + 1
            self._clock += timedelta(seconds=1)
            former = self.objects[kind].get(id, {"id": id})
            self.objects[kind][id] = {**former, **fields, "changed": self._clock.isoformat()}
            self.feed.append((kind, id))
            return id

    def remove(self, kind: str, id: str) -> None:
        with self._own:
            self._clock += timedelta(seconds=1)
            del self.objects[kind][id]
            self.feed.append((kind, id))

    # What its API does.

    def respond(self, request: Request) -> Reply:
        if request.header("x-key") != "tiny-key":
            return Reply.json({"error": "wrong key"}, 401)
        found = self._routes.find(request)
        with self._own:
            return found() if found else Reply.json({"error": "not found"}, 404)

    def _list(self, request: Request, kind: str) -> Reply:
        since, offset = request.query.get("since", ""), int(request.query.get("offset", "0"))
        rows = sorted(self.objects[kind].values(), key=lambda row: int(row["id"]))
        rows = [row for row in rows if row["changed"] >= since]
        answer = Reply.json({"items": rows[offset : offset + self.page], "total": len(rows)})
        if self.between_pages is not None:
            self.between_pages()
        return answer

    def _changes(self, request: Request) -> Reply:
        after = int(request.query.get("after", "0"))
        named = self.feed[after : after + self.page]
        ids = list(dict.fromkeys(id for kind, id in named if kind == "companies"))
        there = self.objects["companies"]
        return Reply.json({
            "items": [there[id] for id in ids if id in there],
            "gone": [id for id in ids if id not in there],
            "after": after + len(named), "more": after + len(named) < len(self.feed),
        })  # fmt: skip

    def _one(self, request: Request, kind: str, id: str) -> Reply:
        found = self.objects[kind].get(id)
        return Reply.json(found) if found else Reply.json({"error": "gone"}, 404)

    def _create(self, request: Request, kind: str) -> Reply:
        body = json_object(request)
        key = body.pop("key")
        if body.get("name") in self.refused:
            return Reply.json({"error": self.refused[body["name"]]}, 422)
        if self.forgets_keys or key not in self.keys:
            self.keys[key] = self.put(kind, **self._kept(body))
        self.writes.append(("create", body))
        return Reply.json(self.objects[kind][self.keys[key]], 201)

    def _change(self, request: Request, kind: str, id: str) -> Reply:
        body = json_object(request)
        body.pop("key")
        self.put(kind, id, **self._kept(body))
        self.writes.append(("change", body))
        return Reply.json(self.objects[kind][id])

    def _kept(self, body: dict[str, Any]) -> dict[str, Any]:
        """Of some fields this CRM knows nothing."""
        return {name: value for name, value in body.items() if name not in self.forgets}

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return {Kind.INSERTED: self._insert, Kind.REMOVED: self._remove_first, Kind.MOVED: self._move_first}

    def _insert(self, request: Request) -> None:
        self.put(_kind_of(request), name="Dora")

    def _remove_first(self, request: Request) -> None:
        with self._own:
            for id in list(self.objects[_kind_of(request)])[:1]:
                self.remove(_kind_of(request), id)

    def _move_first(self, request: Request) -> None:
        with self._own:
            for id in list(self.objects[_kind_of(request)])[:1]:
                self.put(_kind_of(request), id, name="Emil")

    def snapshot(self, language: str) -> dict[str, Any]:
        return {}


def _kind_of(request: Request) -> str:
    return next((step for step in request.path.split("/") if step in KINDS), KINDS[0])

"""The smallest simulator: answers with what it was asked, and counts the work that it did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tenants.simulation import Action, BaseSimulator, Kind, Reply, Request


class Echo(BaseSimulator):
    name = "echo"
    title = "Echo & <co>"
    folder = Path(__file__).parent / "page"

    def __init__(self, **address: Any) -> None:
        super().__init__(**address)
        self.done: list[str] = []

    def respond(self, request: Request) -> Reply:
        if request.path == "/broken":
            raise RuntimeError("a mistake in the simulator")
        self.done.append(request.path)
        return Reply.json({"path": request.path, "size": len(request.body), "form": request.form})

    def stirs(self) -> dict[Kind, Callable[[Request], object]]:
        return {
            Kind.INSERTED: lambda request: self.done.append("inserted"),
            Kind.REMOVED: lambda request: self.done.append("removed"),
        }

    def snapshot(self, language: str) -> dict[str, Any]:
        return {"language": language, "done": len(self.done)}

    def actions(self) -> dict[str, Action]:
        return {"greet": lambda data: f"Hello, {data['name']}"}

"""The control endpoints of a simulator, below /_control/: order failures, read what came in, start afresh."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenants.simulation.faults import Fault
from tenants.simulation.messages import Reply, Request, json_object
from tenants.simulation.routes import Routes

if TYPE_CHECKING:
    from tenants.simulation.simulator import BaseSimulator

PREFIX = "/_control/"


class Control:
    """Writes take JSON only, which a web page of another origin cannot send without being asked (CORS)."""

    def __init__(self, simulator: "BaseSimulator") -> None:
        self._simulator = simulator
        self._routes = Routes(
            {
                ("GET", f"{PREFIX}faults"): self._faults,
                ("POST", f"{PREFIX}faults"): _needs_json(self._add_fault),
                ("DELETE", f"{PREFIX}faults"): self._clear_faults,
                ("GET", f"{PREFIX}requests"): self._requests,
                ("POST", f"{PREFIX}reset"): _needs_json(self._reset),
            }
        )

    def reply(self, request: Request) -> Reply | None:
        """The answer, when the request is for the control endpoints."""
        if not request.path.startswith(PREFIX):
            return None
        handler = self._routes.find(request)
        return handler() if handler else Reply.json({"error": "no such control"}, 404)

    def _faults(self, request: Request) -> Reply:
        return Reply.json({"faults": [fault.describe() for fault in self._simulator.faults.open()]})

    def _add_fault(self, request: Request, data: dict[str, Any]) -> Reply:
        try:
            fault = Fault.parse(data)
            self._simulator.order(fault)
        except ValueError as error:
            return Reply.json({"error": str(error)}, 400)
        return Reply.json(fault.describe(), 201)

    def _clear_faults(self, request: Request) -> Reply:
        self._simulator.faults.clear()
        return Reply(204)

    def _requests(self, request: Request) -> Reply:
        return Reply.json({"requests": [_described(each) for each in self._simulator.requests]})

    def _reset(self, request: Request, data: dict[str, Any]) -> Reply:
        self._simulator.reset()
        return Reply(204)


def _needs_json(handler: Callable[[Request, dict[str, Any]], Reply]) -> Callable[[Request], Reply]:
    def checked(request: Request) -> Reply:
        if request.content_type != "application/json":
            return Reply.json({"error": "send application/json"}, 415)
        try:
            data = json_object(request)
        except ValueError as error:
            return Reply.json({"error": str(error)}, 400)
        return handler(request, data)

    return checked


def _described(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": request.body.decode("utf-8", "replace"),
        "arrived": request.arrived.isoformat(),
        "received_at": request.received_at,
        "answered_at": request.answered_at,
        "status": request.status,
        "fault": request.fault,
    }

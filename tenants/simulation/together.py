"""The page that links all simulators that run together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.simulation.messages import Reply, Request
from tenants.simulation.simulator import BaseSimulator

FOLDER = Path(__file__).parent / "index"


class Index(BaseSimulator):
    """Simulates nothing: its page names the others, with what to enter to connect each."""

    name: ClassVar[str] = "index"
    title = gettext_lazy("All simulators")
    folder: ClassVar[Path] = FOLDER

    def __init__(self, running: Sequence[BaseSimulator], *, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host=host, port=port)
        self._running = list(running)

    def respond(self, request: Request) -> Reply:
        return Reply.json({"error": "There is nothing here but the page."}, 404)

    def snapshot(self, language: str) -> dict[str, Any]:
        with translation.override(language):
            return {
                "systems": [
                    {"title": str(one.title), "url": one.url, "values": _values(one)} for one in self._running
                ]
            }


def _values(one: BaseSimulator) -> str:
    return " · ".join(f"{name}: {value}" for name, value in one.how_to_connect().items()) or _(
        "Nothing has to be entered."
    )

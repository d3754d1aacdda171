"""How the Bot API refuses."""

from typing import Any

from tenants.simulation import Reply


class Refused(Exception):
    """An answer with an error: code, description, parameters."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def reply(self) -> Reply:
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return Reply.json(body | ({"parameters": self.parameters} if self.parameters else {}), self.code)

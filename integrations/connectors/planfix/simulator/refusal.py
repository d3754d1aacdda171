"""How the REST API refuses: a number and a text."""

from tenants.simulation import Reply


class Refused(Exception):
    """`code` is theirs; the status tells little."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    def reply(self) -> Reply:
        return Reply.json({"result": "fail", "code": self.code, "error": self.text}, self.status)

"""How the writing of a file ends when not with a file."""

from tenants.errors import HubError


class ExportFailed(HubError):
    """The file cannot be made, and trying again would not help; `code` is for programs, the message for people."""

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.code = code


class Stopped(Exception):
    """The export was cancelled, or taken over by another worker, while it ran."""

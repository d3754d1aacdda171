"""A file that is not taken, and why."""

from tenants.errors import ConfigError


class FileRefused(ConfigError):
    """`code` is for programs, the text for people: it says what is wrong with the file and what to do."""

    def __init__(self, code: str, message: object, detail: str = "") -> None:
        super().__init__(message, detail)
        self.code = code

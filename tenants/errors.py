"""The one tree of errors that connectors, actions and lanes raise.

Each carries a text for people (translated, says what to do) and a detail for the log (never with a secret in it).
"""


class HubError(Exception):
    """Something that a person should read about."""

    code = "error"

    def __init__(self, message: object, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return str(self.message)


class ConfigError(HubError):
    """The tenant must fix it: pause, show it, never retry."""

    code = "config"


class AuthFailed(ConfigError):
    """The outside system refused our credentials (401, 403)."""

    code = "auth"


class TransientError(HubError):
    """Worth another try: 408, 5xx, time-out, name resolution. `retry_after` is in seconds."""

    code = "transient"

    def __init__(self, message: object, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, detail)
        self.retry_after = retry_after


class RateLimited(TransientError):
    """The outside system, or our own budget for it, asks us to slow down."""

    code = "rate_limited"


class RemoteRejected(HubError):
    """They will never accept this: recorded with their answer, not retried."""

    code = "rejected"


class Unsupported(HubError):
    """Known, but not done: an inbound request still gets its 200."""

    code = "unsupported"


class NotTheirs(HubError):
    """Wrong signature or shape: 4xx, nothing kept but a counter."""

    code = "not_theirs"

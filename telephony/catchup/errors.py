"""Why call records could not be read."""


class RecordsUnavailable(Exception):
    """`reason` is a key of REASONS, in words for people; `detail` the technical part, without secrets."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail[:300]

"""Planfix's API for telephony: forms with a command, answered by a status and hardly more."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.planfix.manifest import TELEPHONY, TELEPHONY_PATH
from integrations.connectors.planfix.refusals import inspect_command
from integrations.http.client import ApiClient
from integrations.http.messages import Request, Response
from integrations.http.status import auth_failed
from integrations.live import Live
from tenants.errors import ConfigError


class Telephony:
    """One method for each command."""

    def __init__(self, http: ApiClient, live: Live) -> None:
        http.overrides = {401: auth_failed}
        self._http = http
        self._path = str(live.settings.get("telephony_path") or TELEPHONY_PATH)
        self._token = str(live.credentials.get("planfix_token") or "")

    @property
    def is_ready(self) -> bool:
        return bool(self._token)

    def ping(self) -> None:
        """Whether the token is right. The answer holds our own token, so nobody gets it."""
        self._command("ping", {}, "ping", Repeat.ALWAYS, attempts=3, changes=False)

    def contact(self, phone: str) -> dict[str, Any]:
        """Who has that number and whose client it is; empty when nobody has it. Asked once: somebody waits."""
        answer = self._command("contact", {"phone": phone}, "contact", Repeat.ALWAYS, changes=False)
        return answer.json_object() if answer.body else {}

    def event(self, fields: Mapping[str, str]) -> None:
        """Tell of a call."""
        self._command("event", fields, f"event {fields['event'].lower()}")

    def record(self, fields: Mapping[str, str]) -> None:
        """The recording of a call that is over; the same again changes nothing."""
        self._command("record", fields, "record", Repeat.ALWAYS, attempts=3)

    def _command(
        self, command: str, fields: Mapping[str, str], operation: str, repeat: Repeat = Repeat.NEVER, attempts: int = 1, changes: bool = True
    ) -> Response:  # fmt: skip
        if not self._token:
            raise ConfigError(
                _(
                    "There is no Planfix token yet: switch the telephony on in Planfix, or enter its token here."
                )
            )
        self._http.inspect = inspect_command
        return self._http.call(
            Request(
                method="POST",
                path=self._path,
                operation=operation,
                form={"cmd": command, **fields, "planfix_token": self._token},
                bucket=TELEPHONY,
                repeat=repeat,
                attempts=attempts,
                changes=changes,
            )
        )

"""The calls of the Bot API that we use, and what its refusals mean (facts: tdlib/telegram-bot-api and its documentation)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.capabilities import Repeat
from integrations.connectors.telegram.manifest import CALLS, CHATS, UPDATES
from integrations.http.client import ApiClient
from integrations.http.errors import OutcomeUnknown, Unreachable
from integrations.http.messages import FilePart, Request, Response, as_json
from integrations.http.status import broken, retry_after, unavailable
from tenants.errors import AuthFailed, ConfigError, HubError, RateLimited, RemoteRejected

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")
MOST_CONNECTIONS: Final = 20
MOST_UPDATES: Final = 100
LONGEST_PAUSE: Final = 3600.0


class EntitiesRefused(RemoteRejected):
    """Telegram could not read our marks: the same text goes without any."""


class NotModified(RemoteRejected):
    """What was sent says that already."""


class Migrated(RemoteRejected):
    """The group has become a supergroup, and has another id."""

    def __init__(self, message: object, chat_id: str, detail: str = "") -> None:
        super().__init__(message, detail)
        self.chat_id = chat_id


class TooLate(RemoteRejected):
    """A press of a button that nobody waits for any more."""


class WebhookActive(ConfigError):
    """Telegram has an address to call, and is not to be asked meanwhile."""


def inspect(response: Response) -> HubError | None:
    """What an answer means; Telegram's status is honest, its description says more."""
    if response.status < 300:
        return _accepted(response)
    if response.status == 503:
        return unavailable(response)
    if response.status >= 500:
        return broken(response)
    if response.content_type != "application/json":
        return None  # a proxy between us and them: the status speaks
    try:
        answer = response.json_object()
    except HubError:
        return None
    why = str(answer.get("description") or "")
    parameters = answer.get("parameters")
    return _refusal(response, why, parameters if isinstance(parameters, dict) else {})


def _accepted(response: Response) -> HubError | None:
    if response.content_type == "application/octet-stream":
        return None  # a file
    try:
        answer = response.json_object()
    except HubError as error:
        return error
    if answer.get("ok") is True:
        return None
    return OutcomeUnknown(
        _("The outside system answered in a form that we do not know."), detail="no ok in the answer"
    )


def _refusal(response: Response, why: str, parameters: Mapping[str, Any]) -> HubError:
    detail = f"HTTP {response.status}: {why}"
    if response.status == 429:
        return RateLimited(
            _("Telegram asks us to slow down."), detail=detail, retry_after=_pause(response, parameters)
        )
    if response.status in (401, 404):
        # 404 is how a token of a wrong shape is answered: our methods all exist.
        return AuthFailed(_("Telegram does not know this bot token: copy it from BotFather again."), detail)
    if response.status == 409:
        return _conflict(why, detail)
    moved = parameters.get("migrate_to_chat_id")
    if isinstance(moved, int) and not isinstance(moved, bool):
        return Migrated(_("The group has another id now."), str(moved), detail)
    lower = why.lower()
    for words, make in _MEANINGS:
        if words in lower:
            return make(why, detail)
    if response.status == 403:
        return Unreachable(_("Telegram does not let the bot write there: %(why)s") % {"why": why}, detail)
    return RemoteRejected(
        _("Telegram rejected the request: %(why)s") % {"why": why or response.status}, detail
    )


def _pause(response: Response, parameters: Mapping[str, Any]) -> float | None:
    given = parameters.get("retry_after")
    if isinstance(given, int | float) and not isinstance(given, bool) and given >= 0:
        return min(float(given), LONGEST_PAUSE)
    return retry_after(response)


def _conflict(why: str, detail: str) -> HubError:
    if "webhook" in why.lower():
        return WebhookActive(
            _("Telegram has an address to call for this bot, so it cannot be asked. Stop that, or choose the other way."),
            detail,
        )  # fmt: skip
    return ConfigError(_("Another program asks for this bot's messages: only one may."), detail)


def _unreachable(text: Callable[[], str]) -> Callable[[str, str], HubError]:
    return lambda _why, detail: Unreachable(text(), detail)


_MEANINGS: Final[tuple[tuple[str, Callable[[str, str], HubError]], ...]] = (
    ("can't parse entities", lambda why, detail: EntitiesRefused(why, detail)),
    ("message is not modified", lambda why, detail: NotModified(why, detail)),
    ("query is too old", lambda why, detail: TooLate(why, detail)),
    ("query id is invalid", lambda why, detail: TooLate(why, detail)),
    ("bot was blocked by the user", _unreachable(lambda: _("This person has blocked the bot."))),
    ("user is deactivated", _unreachable(lambda: _("This person's account was deleted."))),
    ("bot can't initiate conversation", _unreachable(lambda: _("This person has never pressed Start at the bot."))),
    ("bot was kicked", _unreachable(lambda: _("The bot was removed from this group."))),
    ("bot is not a member", _unreachable(lambda: _("The bot is not a member of this chat."))),
    ("chat not found", _unreachable(lambda: _("Telegram does not know this chat, or the person has never pressed Start."))),
    ("not enough rights", _unreachable(lambda: _("The bot may not write in this chat: give it the right to."))),
    ("bad webhook", lambda why, detail: ConfigError(_("Telegram cannot call the hub's address: %(why)s") % {"why": why}, detail)),
    ("message can't be edited", lambda why, detail: RemoteRejected(_("Telegram does not let this message be changed any more."), detail)),
    ("message to edit not found", lambda why, detail: RemoteRejected(_("This message was deleted in Telegram."), detail)),
    ("message is too long", lambda why, detail: RemoteRejected(_("The text is too long for Telegram."), detail)),
    ("wrong file identifier", lambda why, detail: RemoteRejected(_("Telegram cannot get this file: check its address."), detail)),
    ("failed to get http url content", lambda why, detail: RemoteRejected(_("Telegram cannot get this file: check its address."), detail)),
    ("wrong type of the web page content", lambda why, detail: RemoteRejected(_("Telegram cannot get this file: check its address."), detail)),
)  # fmt: skip


class Telegram:
    """One method for each call. The token is a part of every address, and masked wherever one is kept."""

    def __init__(self, http: ApiClient, credentials: Mapping[str, Any]) -> None:
        http.inspect = inspect
        self._http = http
        self._token = str(credentials.get("bot_token") or "")

    def get_me(self) -> dict[str, Any]:
        return self._object("getMe", {}, attempts=3)

    def get_webhook_info(self) -> dict[str, Any]:
        return self._object("getWebhookInfo", {}, attempts=3)

    def set_webhook(self, url: str, secret: str) -> None:
        # Without the list Telegram would keep the former one, whatever that was.
        body = {"url": url, "secret_token": secret, "allowed_updates": ALLOWED_UPDATES, "max_connections": MOST_CONNECTIONS}  # fmt: skip
        self._call("setWebhook", body, attempts=3)

    def delete_webhook(self) -> None:
        self._call("deleteWebhook", {"drop_pending_updates": False}, attempts=3)

    def get_updates(self, offset: int | None, seconds: float) -> list[Any]:
        body: dict[str, Any] = {"timeout": int(seconds), "limit": MOST_UPDATES, "allowed_updates": ALLOWED_UPDATES}  # fmt: skip
        if offset is not None:
            body["offset"] = offset
        found = self._call("getUpdates", body, bucket=UPDATES)
        return found if isinstance(found, list) else []

    def send(
        self, method: str, body: Mapping[str, Any], bucket: str, files: Mapping[str, FilePart]
    ) -> list[dict[str, Any]]:
        """A message of any kind, an album as many of them; never repeated here, because Telegram recognises no repetition."""
        found = self._call(method, body, bucket=bucket, repeat=Repeat.NEVER, files=files)
        rows = found if isinstance(found, list) else [found]
        if not rows or not all(
            isinstance(row, dict) and isinstance(row.get("message_id"), int) for row in rows
        ):
            raise OutcomeUnknown(_("The outside system answered in a form that we do not know."))
        return rows

    def edit(self, method: str, body: Mapping[str, Any]) -> None:
        """The same text again is refused, and as good as done."""
        try:
            self._call(method, body, bucket=CHATS, attempts=2)
        except NotModified:
            return

    def answer_callback_query(self, query_id: str) -> None:
        """A late one is refused, and there is nobody to be told."""
        try:
            self._call("answerCallbackQuery", {"callback_query_id": query_id}, attempts=2)
        except TooLate:
            return

    def get_file(self, file_id: str) -> dict[str, Any]:
        return self._object("getFile", {"file_id": file_id}, attempts=3)

    def download(self, file_path: str) -> bytes:
        request = Request(
            method="GET",
            path=f"/file/bot{self._token}/{file_path}",
            operation="file",
            bucket=CALLS,
            repeat=Repeat.ALWAYS,
            attempts=2,
        )
        return self._http.call(request).body

    def _object(self, method: str, body: Mapping[str, Any], attempts: int = 1) -> dict[str, Any]:
        found = self._call(method, body, attempts=attempts)
        if not isinstance(found, dict):
            raise OutcomeUnknown(_("The outside system answered in a form that we do not know."))
        return found

    def _call(
        self,
        method: str,
        body: Mapping[str, Any],
        *,
        bucket: str = CALLS,
        repeat: Repeat = Repeat.ALWAYS,
        attempts: int = 1,
        files: Mapping[str, FilePart] | None = None,
    ) -> Any:
        request = Request(
            method="POST",
            path=f"/bot{self._token}/{method}",
            operation=method,
            json=None if files else body,
            form=_fields(body) if files else None,
            files=files or None,
            bucket=bucket,
            repeat=repeat,
            attempts=attempts,
        )
        return self._http.call(request).json_object().get("result")


def _fields(body: Mapping[str, Any]) -> dict[str, str]:
    """As a form has them: whatever is not text as JSON."""
    return {name: value if isinstance(value, str) else as_json(value) for name, value in body.items()}

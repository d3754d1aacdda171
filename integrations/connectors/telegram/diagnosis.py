"""The connection test: who the bot is, what it sees, and how its messages come in; in plain words."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors.telegram.client import Telegram
from tenants.errors import HubError


def diagnose(api: Telegram, *, is_polled: bool) -> Diagnosis:
    """The token first: without it there is nothing else to be asked."""
    title = _("Bot token")
    try:
        bot = api.get_me()
    except HubError as error:
        advice = _("In Telegram open @BotFather, send /mybots, choose the bot and press API Token.")
        check = Check(title, CheckState.FAILED, str(error), advice)
        return Diagnosis(_("Telegram cannot be reached with these values."), (check,))
    name = {"name": f"@{bot.get('username', '')}"}
    checks = (
        Check(title, CheckState.PASSED, _("The bot is %(name)s.") % name),
        _groups(bot),
        _incoming(api, is_polled=is_polled),
    )
    found = Diagnosis("", checks)
    works = _("The connection works.") if found.works else _("Messages leave, but none will come in.")
    return Diagnosis(works, checks)


def _groups(bot: dict[str, Any]) -> Check:
    title = _("Groups")
    if bot.get("can_read_all_group_messages"):
        return Check(title, CheckState.PASSED, _("In groups the bot sees every message."))
    return Check(
        title,
        CheckState.PASSED,
        _("In groups the bot sees only commands and answers to itself (privacy mode)."),
        _("To see everything: @BotFather, /setprivacy, Disable; then remove the bot from the group and add it again."),
    )  # fmt: skip


def _incoming(api: Telegram, *, is_polled: bool) -> Check:
    title = _("Messages coming in")
    try:
        info = api.get_webhook_info()
    except HubError as error:
        return Check(title, CheckState.FAILED, str(error))
    url, waiting = str(info.get("url") or ""), info.get("pending_update_count")
    host = {"host": urlsplit(url).netloc, "count": waiting if isinstance(waiting, int) else 0}
    if is_polled:
        return _polled(title, host) if url else Check(title, CheckState.PASSED, _("The hub asks Telegram."))
    if not url:
        return Check(
            title,
            CheckState.WARNING,
            _("Telegram has no address to call yet: nothing comes in."),
            _("Subscribe on the integration's page, or choose that the hub asks Telegram."),
        )
    trouble = str(info.get("last_error_message") or "")
    if trouble:
        text = _("Telegram calls %(host)s; the last failure, %(when)s: %(why)s. Waiting there: %(count)d.")
        values = {**host, "why": trouble, "when": _when(info.get("last_error_date"))}
        advice = _(
            "The hub's address must be reachable from the internet by https, with a valid certificate."
        )
        return Check(title, CheckState.WARNING, text % values, advice)
    return Check(title, CheckState.PASSED, _("Telegram calls %(host)s. Waiting there: %(count)d.") % host)


def _polled(title: str, host: dict[str, Any]) -> Check:
    return Check(
        title,
        CheckState.WARNING,
        _("Telegram still calls %(host)s for this bot, so it cannot be asked.") % host,
        _("An address of the hub is taken back by itself. Another program's has to be switched off there."),
    )


def _when(seconds: Any) -> str:
    if not isinstance(seconds, int) or not 0 < seconds < 2**33:
        return "—"
    return date_format(timezone.localtime(datetime.fromtimestamp(seconds, UTC)), "SHORT_DATETIME_FORMAT")

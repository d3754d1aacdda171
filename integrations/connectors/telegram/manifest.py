"""What a Telegram bot is, and what has to be entered to connect it."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, Messaging, Updates
from integrations.fields import Field, FieldType, account_address
from integrations.hooks import WebhookRegistration
from integrations.manifest import Category, Manifest, RateLimit

WEBHOOK, POLLING = "webhook", "polling"
CALLS, CHATS, GROUPS, UPDATES = "calls", "chats", "groups", "updates"
_TOKEN = re.compile(r"\d{3,20}:[A-Za-z0-9_-]{20,100}")


def bot_token(value: str) -> str:
    """A validator: what BotFather shows, and nothing that surrounds it."""
    if not _TOKEN.fullmatch(value):
        raise ValidationError(_("A token looks like 123456789:AAE… : copy the whole line from BotFather."))
    return value


manifest = Manifest(
    code="telegram",
    name="Telegram",
    category=Category.MESSENGER,
    summary=_("Messages, files and buttons, both ways, through a bot of your own."),
    docs_url="https://core.telegram.org/bots/api",
    capabilities=(Account, Messaging, Updates, WebhookRegistration),
    base_url_setting="url",
    settings=(
        Field(
            "updates",
            _("How messages come in"),
            FieldType.CHOICE,
            default=WEBHOOK,
            choices=(
                (WEBHOOK, _("Telegram calls the hub (it needs a public https address)")),
                (POLLING, _("The hub asks Telegram (works behind any router)")),
            ),
            help=_("Only one of the two at a time: Telegram refuses to be asked while it has an address to call."),
        ),
        Field(
            "repeat_unknown",
            _("Send again when it is not known whether a message arrived"),
            FieldType.BOOL,
            default=False,
            required=False,
            help=_("Telegram does not recognise repetitions: somebody may then get a message twice. Otherwise it is shown as failed."),
        ),
        Field(
            "url",
            _("Address of the Bot API"),
            FieldType.URL,
            default="https://api.telegram.org",
            help=_("Only to be changed for a Bot API server or a proxy of your own."),
            validator=account_address,
        ),
    ),
    credentials=(
        Field(
            "bot_token",
            _("Bot token"),
            FieldType.SECRET,
            help=_("BotFather shows it when the bot is made, and later under /mybots → API Token."),
            validator=bot_token,
        ),
    ),
    # About thirty messages a second in all, twenty a minute to a group; one a second to a chat is kept by the
    # conversation itself. Groups have a bucket of their own: a pause that one of them is given must not hold up people.
    rate_limits=(
        RateLimit(CALLS, per_second=10, burst=5),
        RateLimit(CHATS, per_second=20, burst=4),
        RateLimit(GROUPS, per_second=4, burst=1),
        RateLimit(UPDATES, per_second=4, burst=1),
    ),
)  # fmt: skip

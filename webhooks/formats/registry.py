"""The forms that an endpoint can choose, with what each asks for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from webhooks.formats import chats, escaping, original, plain
from webhooks.formats.occasion import Occasion, Rendered, RenderFailed
from webhooks.formats.template_filters import LARGEST_OUTPUT
from webhooks.formats.templates import BadTemplate, Escape, template

Render = Callable[[Occasion, str | None, Mapping[str, str]], Rendered]
_LARGEST: Final = 4 * LARGEST_OUTPUT
_RETIRED_TEAMS: Final = re.compile(
    r"(^|\.)webhook\.office\.com\Z|^outlook\.office(365)?\.com\Z", re.IGNORECASE
)
_DISCORD: Final = re.compile(r"(^|\.)discord(app)?\.com\Z", re.IGNORECASE)


class Format(models.TextChoices):
    STANDARD = "standard", _("Standard Webhooks")
    CLOUD_EVENTS = "cloudevents", _("CloudEvents, structured")
    CLOUD_EVENTS_BINARY = "cloudevents_binary", _("CloudEvents, binary")
    JSON = "json", _("JSON from a template")
    FORM = "form", _("form fields")
    TEXT = "text", _("plain text")
    ORIGINAL = "original", _("original request")
    SLACK = "slack", "Slack"
    DISCORD = "discord", "Discord"
    TELEGRAM = "telegram", "Telegram"
    TEAMS = "teams", "Microsoft Teams"


@dataclass(frozen=True, slots=True)
class _Kind:
    """`escape` is there for formats that take a template; `options` are names of what they ask for."""

    render: Render
    escape: Escape | None = None
    needs_template: bool = False
    options: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    # Of chats, the URL is the secret: nothing is signed.
    is_chat: bool = False
    # Answers that mean that the address is gone for good.
    gone: frozenset[int] = field(default_factory=frozenset)


_SOURCE: Final = frozenset({"source"})
FORMATS: Final[Mapping[str, _Kind]] = {
    Format.STANDARD: _Kind(plain.envelope),
    Format.CLOUD_EVENTS: _Kind(plain.cloud_event, options=_SOURCE),
    Format.CLOUD_EVENTS_BINARY: _Kind(plain.binary_cloud_event, options=_SOURCE),
    Format.JSON: _Kind(plain.own_json, escaping.json_text, needs_template=True),
    Format.FORM: _Kind(plain.form),
    Format.TEXT: _Kind(plain.plain_text, escaping.unchanged),
    Format.ORIGINAL: _Kind(original.original, options=frozenset({"keep_headers"})),
    Format.SLACK: _Kind(chats.slack, escaping.slack, is_chat=True, gone=frozenset({404})),
    Format.DISCORD: _Kind(chats.discord, escaping.discord, is_chat=True, gone=frozenset({404})),
    Format.TELEGRAM: _Kind(
        chats.telegram,
        escaping.telegram,
        options=frozenset({"chat_id", "thread_id"}),
        required=frozenset({"chat_id"}),
        is_chat=True,
    ),
    Format.TEAMS: _Kind(chats.teams, escaping.teams, is_chat=True),
}
OPTIONS: Final[Mapping[str, re.Pattern[str]]] = {
    "chat_id": re.compile(r"(-?[0-9]{1,20}|@[A-Za-z0-9_]{4,40})\Z"),
    "thread_id": re.compile(r"[0-9]{1,15}\Z"),
    "source": re.compile(r"[!-~]{1,200}\Z"),
    "keep_headers": re.compile(r"[A-Za-z0-9-]{1,60}(\s*,\s*[A-Za-z0-9-]{1,60}){0,19}\Z"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """One endpoint's. Endpoints whose bodies are the same share a `variant`, and with it the stored bytes."""

    variant: str
    _kind: _Kind
    _template: str
    _options: Mapping[str, str]

    def render(self, occasion: Occasion) -> Rendered:
        """RenderFailed says to the owner why not."""
        text = None
        if self._template and self._kind.escape is not None:
            try:
                text = template(self._template, self._kind.escape).render(occasion)
            except BadTemplate as error:
                raise RenderFailed(str(error)) from error
            if self._kind.is_chat and not text.strip():
                raise RenderFailed(translated("The template makes an empty message."))
        rendered = self._kind.render(occasion, text, self._options)
        if len(rendered.body) > _LARGEST:
            raise RenderFailed(translated("The body becomes larger than 1 MB."))
        return rendered


def form_of(format_: str, source: str = "", options: Mapping[str, str] | None = None) -> Form:
    kind, options = FORMATS[format_], options or {}
    variant = format_
    if source or options:
        digest = blake2b(
            orjson.dumps([source, options], option=orjson.OPT_SORT_KEYS), digest_size=12
        ).hexdigest()
        variant = f"{format_}:{digest}"
    return Form(variant, kind, source, options)


def clean_template(format_: str, source: str) -> str:
    """ValidationError when the format takes none, wants one, or it is wrong."""
    kind = FORMATS[format_]
    if not source.strip():
        if kind.needs_template:
            raise ValidationError(_("This format is made by a template: write one."), code="required")
        return ""
    if kind.escape is None:
        raise ValidationError(_("This format takes no template."), code="template")
    try:
        template(source, kind.escape)
    except BadTemplate as error:
        raise ValidationError(str(error), code="template") from error
    return source


def clean_options(format_: str, options: object) -> dict[str, str]:
    """ValidationError that names the option."""
    kind = FORMATS[format_]
    if not isinstance(options, Mapping):
        raise ValidationError(_("Options are pairs of name and value."))
    found = {str(name): str(value) for name, value in options.items() if value not in ("", None)}
    for name, value in found.items():
        if name not in kind.options:
            raise ValidationError(
                _("This format has no option “%(name)s”."), params={"name": name[:50]}, code="option"
            )
        if not OPTIONS[name].match(value):
            raise ValidationError(
                _("%(name)s: “%(value)s” is not possible here."),
                params={"name": name, "value": value[:50]},
                code="option",
            )
    for name in sorted(kind.required - found.keys()):
        raise ValidationError(_("%(name)s: this format needs it."), params={"name": name}, code="required")
    return found


def clean_address(format_: str, url: str) -> str:
    """The URL as this format needs it, or a ValidationError that says what to do."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if format_ == Format.TEAMS and _RETIRED_TEAMS.search(host):
        raise ValidationError(
            _(
                "Microsoft has retired these addresses. In Teams, add the workflow “Post to a channel when a webhook request is received” and paste its URL."
            ),
            code="retired",
        )
    if format_ == Format.TELEGRAM and not parts.path.endswith("/sendMessage"):
        raise ValidationError(
            _("The address is https://api.telegram.org/bot…/sendMessage with the token of your bot."),
            code="telegram",
        )
    if format_ == Format.DISCORD and _DISCORD.search(host) and "wait" not in dict(parse_qsl(parts.query)):
        # Without it Discord says yes before it knows, and messages get lost in silence.
        return parts._replace(query=f"{parts.query}&wait=true".lstrip("&")).geturl()
    return url


def description_of(format_: str) -> dict[str, Any]:
    """For forms: what the format takes."""
    kind = FORMATS[format_]
    return {"template": kind.escape is not None, "options": sorted(kind.options), "is_chat": kind.is_chat}

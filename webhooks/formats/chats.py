"""Messages for Slack, Discord, Telegram and Microsoft Teams, within what each of them takes."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from webhooks.formats import escaping
from webhooks.formats.escaping import cut, pieces
from webhooks.formats.occasion import Occasion, Rendered
from webhooks.formats.reports import report_text

JSON: Final = "application/json"
# Their documentation on 2026-11-21; the whole of a Slack message fails at about 13,000 though each block is legal.
SLACK_BLOCK, SLACK_BLOCKS, SLACK_HEADER, SLACK_FALLBACK, SLACK_NAME, SLACK_VALUE = (
    3000,
    3,
    150,
    3000,
    150,
    800,
)
DISCORD_CONTENT, DISCORD_DESCRIPTION, DISCORD_TITLE, DISCORD_NAME, DISCORD_VALUE = 2000, 4096, 256, 100, 400
TELEGRAM_TEXT = 4096
# 28 KB with the markup around it; counted twice for what is not ASCII by some of their gateways.
TEAMS_BYTES, TEAMS_TITLE = 12_000, 200


def slack(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """`text` is what pushes and screen readers tell; the blocks are what people see."""
    if text is None:
        text = report_text(occasion, "*{}*".format, escaping.slack)
    if text is not None:
        fallback = text
        blocks: list[dict[str, Any]] = [
            {"type": "section", "text": {"type": "mrkdwn", "text": piece}}
            for piece in pieces(text, SLACK_BLOCK, SLACK_BLOCKS)
        ]
    else:
        fallback = escaping.slack(occasion.title)
        title = {"type": "plain_text", "text": cut(occasion.title, SLACK_HEADER), "emoji": True}
        blocks = [{"type": "header", "text": title}]
        facts = [{"type": "mrkdwn", "text": _slack_fact(name, value)} for name, value in occasion.facts()]
        if facts:
            blocks.append({"type": "section", "fields": facts})
        place = {"type": "plain_text", "text": cut(_origin(occasion), SLACK_HEADER)}
        blocks.append({"type": "context", "elements": [place]})
    body = {"text": cut(fallback, SLACK_FALLBACK), "blocks": blocks, "unfurl_links": False}
    return Rendered(JSON, orjson.dumps(body))


def _slack_fact(name: str, value: str) -> str:
    return f"*{cut(escaping.slack(name), SLACK_NAME)}*\n{cut(escaping.slack(value), SLACK_VALUE)}"


def discord(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """Nobody is mentioned, whatever the text says."""
    body: dict[str, Any] = {"allowed_mentions": {"parse": []}}
    if text is None:
        text = report_text(occasion, "**{}**".format, escaping.discord)
    if text is not None and escaping.length(text) <= DISCORD_CONTENT:
        body["content"] = text
    elif text is not None:
        body["embeds"] = [{"description": cut(text, DISCORD_DESCRIPTION)}]
    else:
        embed: dict[str, Any] = {
            "title": cut(escaping.discord(occasion.title), DISCORD_TITLE),
            "timestamp": occasion.moment,
            "footer": {"text": cut(f"{occasion.company.name} · {occasion.type}", DISCORD_TITLE)},
        }
        # Ten of these stay below the 6,000 that all embeds of a message may have.
        embed["fields"] = [
            {
                "name": cut(escaping.discord(name), DISCORD_NAME),
                "value": cut(escaping.discord(value), DISCORD_VALUE),
                "inline": True,
            }
            for name, value in occasion.facts()
        ]
        body["embeds"] = [embed]
    return Rendered(JSON, orjson.dumps(body))


def telegram(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """A call of sendMessage. What is too long goes without its markup: half a tag would be refused as a whole."""
    if text is None:
        text = report_text(occasion, "<b>{}</b>".format, escaping.telegram)
    if text is None:
        lines = [f"<b>{escaping.telegram(occasion.title)}</b>"]
        lines += [
            f"{escaping.telegram(name)}: {escaping.telegram(value)}" for name, value in occasion.facts()
        ]
        text = "\n".join([*lines, f"<i>{escaping.telegram(_origin(occasion))}</i>"])
    body: dict[str, Any] = {"chat_id": options["chat_id"], "link_preview_options": {"is_disabled": True}}
    if options.get("thread_id"):
        body["message_thread_id"] = int(options["thread_id"])
    if escaping.length(escaping.without_tags(text)) <= TELEGRAM_TEXT:
        body |= {"text": text, "parse_mode": "HTML"}
    else:
        body["text"] = cut(escaping.without_tags(text), TELEGRAM_TEXT)
    return Rendered(JSON, orjson.dumps(body))


def teams(occasion: Occasion, text: str | None, options: Mapping[str, str]) -> Rendered:
    """An Adaptive Card for the Workflows app; the retired connectors' MessageCard is not made."""
    if text is None:
        text = report_text(occasion, "**{}**".format, escaping.teams)
    if text is not None:
        shown = escaping.cut_bytes(text, TEAMS_BYTES).replace("\n", "\n\n")
        body: list[dict[str, Any]] = [{"type": "TextBlock", "text": shown, "wrap": True}]
    else:
        title = cut(escaping.teams(occasion.title), TEAMS_TITLE)
        body = [{"type": "TextBlock", "text": title, "size": "Large", "weight": "Bolder", "wrap": True}]
        facts = [
            {"title": escaping.cut_bytes(escaping.teams(name), 200), "value": escaping.cut_bytes(escaping.teams(value), 800)}
            for name, value in occasion.facts()
        ]  # fmt: skip
        if facts:
            body.append({"type": "FactSet", "facts": facts})
        place = escaping.teams(cut(_origin(occasion), TEAMS_TITLE))
        body.append({"type": "TextBlock", "text": place, "isSubtle": True, "size": "Small", "wrap": True})
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "full"},
        "body": body,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return Rendered(JSON, orjson.dumps({"type": "message", "attachments": [attachment]}))


def _origin(occasion: Occasion) -> str:
    return " · ".join(part for part in (occasion.company.name, occasion.local_time, occasion.type) if part)

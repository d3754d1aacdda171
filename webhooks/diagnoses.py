"""What may be wrong with a refused request, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from webhooks.presets import PRESETS
from webhooks.reasons import explained

WORDS: Final[Mapping[str, str | Promise]] = {
    "former_secret": _(
        "It is signed with a former secret, which is no longer accepted: enter the current one at the sender."
    ),
    "other_source": _(
        "It is signed with the secret of the source “%(detail)s”: two webhooks at the sender were mixed up."
    ),
    "other_sender": _("Its headers are those of %(detail)s: make a source for that sender."),
    "no_header": _("It has no %(detail)s: signing is off at the sender, or a proxy takes it away."),
    "body_changed": _(
        "The signature is right for another end of the body: a proxy between the sender and this server changes it."
    ),
    "key_set": _("The sender's keys could not be fetched from their address: %(detail)s."),
    "address": _("It came from %(detail)s, which is none of the sender's networks."),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """One refused request, for its source's page."""

    at: datetime
    address: str
    reason: str
    diagnosis: str
    size: int
    digest: str
    headers: str


def refused(samples: Any) -> list[Refused]:
    """The stored samples, newest first."""
    return [
        Refused(
            at=datetime.fromisoformat(one["at"]),
            address=one["address"],
            reason=explained(one["reason"]).what,
            diagnosis=diagnosed(one["diagnosis"], one["detail"]) or explained(one["reason"]).fix,
            size=one["size"],
            digest=one["digest"],
            headers=", ".join(f"{name} ({size})" for name, size in one["headers"].items()),
        )
        for one in samples or ()
        if isinstance(one, dict)
    ]


def diagnosed(code: str, detail: str) -> str:
    """Empty where nothing was found out."""
    if code == "clock":
        return _clock(int(detail))
    words = WORDS.get(code)
    names = detail.split(",") if code == "other_sender" else ()
    shown = " / ".join(str(PRESETS[name].title) for name in names if name in PRESETS) or detail
    return str(words) % {"detail": shown} if words else ""


def _clock(seconds: int) -> str:
    if abs(seconds) > 86400:
        return translated(
            "It was signed more than a day away from now: somebody sends a recorded request again."
        )
    minutes = max(1, round(abs(seconds) / 60))
    if seconds > 0:
        text = ngettext(
            "Its time lies %(minutes)d minute in the past: the clock of the sender, or this server's, is off, or the request was"
            " held up.",
            "Its time lies %(minutes)d minutes in the past: the clock of the sender, or this server's, is off, or the request was"
            " held up.",
            minutes,
        )
    else:
        text = ngettext(
            "Its time lies %(minutes)d minute in the future: the clock of the sender, or this server's, is off.",
            "Its time lies %(minutes)d minutes in the future: the clock of the sender, or this server's, is off.",
            minutes,
        )
    return text % {"minutes": minutes}

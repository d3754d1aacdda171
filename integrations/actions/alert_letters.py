"""The mails about integrations, in each person's language."""

from datetime import timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from integrations.models import AlertKind, AlertLetter

LASTS: Final = timedelta(hours=6)  # how long a mail server may be away: later it is no news


class Text(NamedTuple):
    subject: str
    body: str


def is_too_late(letter: AlertLetter) -> bool:
    return timezone.now() - letter.created_at > LASTS


def written(letter: AlertLetter) -> Text:
    """`letter` comes with its integration, tenant and user."""
    with override(letter.user.language or letter.tenant.language):
        row = letter.integration
        words = {
            "name": row.name,
            "system": row.system,
            "company": letter.tenant.name,
            "reason": letter.reason,
            "since": _moment(letter),
        }
        subject, first = _HEADS[AlertKind(letter.kind)]
        page = settings.PUBLIC_URL + reverse("admin:integrations_integration_change", args=[row.pk])
        parts = [
            str(first) % words,
            letter.reason,
            _repeats(letter),
            page,
            _(
                "You get these mails because you look after %(company)s at %(host)s. Switch them off above the list of integrations."
            )
            % {"company": letter.tenant.name, "host": urlsplit(settings.PUBLIC_URL).netloc},
        ]
        return Text(str(subject) % words, "\n\n".join(part for part in parts if part))


def _moment(letter: AlertLetter) -> str:
    if letter.since is None:
        return ""
    return date_format(timezone.localtime(letter.since, letter.tenant.zone), "SHORT_DATETIME_FORMAT")


def _repeats(letter: AlertLetter) -> str:
    if letter.changes < 2:
        return ""
    text = ngettext(
        "Its state changed %(count)d time since the last mail.",
        "Its state changed %(count)d times since the last mail.",
        letter.changes,
    )
    return text % {"count": letter.changes}


_HEADS = {
    AlertKind.FAILING: (
        gettext_lazy("%(name)s stopped working"),
        gettext_lazy("The integration “%(name)s” (%(system)s) of %(company)s does not work since %(since)s."),
    ),
    AlertKind.RECOVERED: (
        gettext_lazy("%(name)s works again"),
        gettext_lazy("The integration “%(name)s” (%(system)s) of %(company)s works again since %(since)s."),
    ),
    AlertKind.EXPIRING: (
        gettext_lazy("%(name)s: the credentials expire soon"),
        gettext_lazy(
            "The credentials of the integration “%(name)s” (%(system)s) of %(company)s are valid until %(since)s. Enter new ones"
            " before then."
        ),
    ),
}

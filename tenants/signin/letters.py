"""Mails to people about how they sign in: owed in the transaction of their cause, sent by a worker after the commit."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from tenants.access import memberships
from tenants.ids import uuid7
from tenants.mail import can_mail
from tenants.models import User
from tenants.models.api_key import digest
from tenants.signin.models import Letter, LetterKind
from tenants.work import enqueue

LANE: Final = "people.letters"
LINK_LASTS: Final = timedelta(minutes=30)
NOTICE_LASTS: Final = timedelta(days=1)  # how long a mail server may be away


class Text(NamedTuple):
    subject: str
    body: str


def owe_letter(user: User, kind: LetterKind, about: Mapping[str, str] | None = None) -> Letter | None:
    """Queue a mail in the caller's transaction. None where the person has no address, or nothing can be mailed here."""
    if not user.email or not can_mail():
        return None
    letter = Letter(id=uuid7(), user=user, kind=kind, about=dict(about or {}))
    if kind == LetterKind.PASSWORD_LINK:
        letter.digest, letter.mark = digest(token_of(letter)), mark_of(user)
    letter.save()
    enqueue(LANE, [(letter.id, None, str(user.pk), None)])
    return letter


def token_of(letter: Letter) -> str:
    """What opens the link: 256 bits that only whoever has SECRET_KEY can make of the id."""
    return _keyed(f"password link\n{letter.id}")


def mark_of(user: User) -> str:
    """How the account is now. Another password, address or sign-in makes another mark."""
    parts = (str(user.pk), user.password, user.email, str(user.last_login), str(user.is_active))
    return _keyed("\n".join(("account", *parts)))


def is_too_late(letter: Letter) -> bool:
    lasts = LINK_LASTS if letter.kind == LetterKind.PASSWORD_LINK else NOTICE_LASTS
    return timezone.now() - letter.created_at > lasts


def written(letter: Letter) -> Text:
    """In the person's language, else in that of their first company."""
    user = letter.user
    mine = memberships(user)
    language = user.language or (mine[0].tenant.language if mine else settings.LANGUAGE_CODE)
    with override(language):
        return _WRITERS[LetterKind(letter.kind)](
            letter, {"name": user.get_username(), "host": _host(), **letter.about}
        )


def _password_link(letter: Letter, words: dict[str, str]) -> Text:
    link = settings.PUBLIC_URL + reverse("password-link", args=[token_of(letter)])
    minutes = int(LINK_LASTS.total_seconds() // 60)
    text = _(
        "Somebody asked for a new password for your account “%(name)s” at %(host)s. Choose it here, within %(minutes)d"
        " minutes; the link works once:\n\n%(link)s\n\nIf that was not you, do nothing: your password stays as it is."
    )
    return Text(_("A new password"), text % {**words, "minutes": minutes, "link": link})


def _password_changed(letter: Letter, words: dict[str, str]) -> Text:
    text = _(
        "The password of your account “%(name)s” at %(host)s was changed by the link that was mailed to you, and all your"
        " sessions were ended.\n\nIf that was not you, tell the owner of your company or the operator at once."
    )
    return Text(_("Your password was changed"), text % words)


def _second_factor_removed(letter: Letter, words: dict[str, str]) -> Text:
    text = _(
        "%(by)s removed the passkeys, the authenticator app and the recovery codes of your account “%(name)s” at %(host)s,"
        " and all your sessions were ended. Your password alone lets you in now: sign in and set up new ones under"
        " Security.\n\nIf you did not ask for that, tell the owner of your company or the operator at once."
    )
    by = words["by"] or _("The operator")
    return Text(_("Your second factor was removed"), text % {**words, "by": by})


_WRITERS = {
    LetterKind.PASSWORD_LINK: _password_link,
    LetterKind.PASSWORD_CHANGED: _password_changed,
    LetterKind.SECOND_FACTOR_REMOVED: _second_factor_removed,
}


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).netloc


def _keyed(text: str) -> str:
    return hmac.new(
        settings.SECRET_KEY.encode(), f"signin.letter\n{text}".encode(), hashlib.sha256
    ).hexdigest()

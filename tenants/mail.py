"""The operator's own mail server, by EMAIL_URL. It is asked after the commit, never within a transaction."""

from smtplib import SMTPException
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

PRINTING = (".console.EmailBackend", ".dummy.EmailBackend")


class NotMailed(Exception):
    """The mail server refused, or is away; the text is the kind of its error, which holds no address."""


def can_mail() -> bool:
    """The default backend prints to the console: a link has no business there."""
    return not settings.EMAIL_BACKEND.endswith(PRINTING)


def send_mail(address: str, subject: str, text: str, mail_id: UUID | None = None) -> None:
    """Hand one mail over, or raise NotMailed. The same `mail_id` makes a repeat recognisable as one."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{mail_id}@{host}>"} if mail_id else {}
    message = EmailMessage(subject.replace("\n", " "), text, None, [address], headers=headers)
    try:
        count = message.send()
    except (OSError, SMTPException) as error:
        raise NotMailed(type(error).__name__) from error
    if not count:
        raise NotMailed("nobody")

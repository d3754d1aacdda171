"""The operator's own mail server, by EMAIL_URL. It is asked after the commit, never within a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.mime.application import MIMEApplication
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

PRINTING = (".console.EmailBackend", ".dummy.EmailBackend")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail. It is held in memory, three times over while it is sent: keep it small."""

    name: str
    content: bytes
    content_type: str


class NotMailed(Exception):
    """The mail server refused, or is away; the text is the kind of its error, which holds no address.

    `status` is SMTP's answer such as 550, of which those from 500 on are final; 0 when there was none.
    """

    def __init__(self, kind: str, status: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.status = status


def can_mail() -> bool:
    """The default backend prints to the console: a link has no business there."""
    return not settings.EMAIL_BACKEND.endswith(PRINTING)


def send_mail(
    address: str,
    subject: str,
    text: str,
    mail_id: UUID | None = None,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Hand one mail over, or raise NotMailed. The same `mail_id` makes a repeat recognisable as one."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {"Message-ID": f"<{mail_id}@{host}>"} if mail_id else {}
    message = EmailMessage(subject.replace("\n", " "), text, None, [address], headers=headers)
    for one in attachments:
        # As bytes, whatever the type: a text's line ends and characters would be changed on the way.
        part = MIMEApplication(one.content, one.content_type.partition("/")[2].partition(";")[0])
        part.replace_header("Content-Type", one.content_type)
        part.add_header("Content-Disposition", "attachment", filename=one.name)
        message.attach(part)
    try:
        count = message.send()
    except (OSError, SMTPException) as error:
        raise NotMailed(type(error).__name__, _status(error)) from error
    if not count:
        raise NotMailed("nobody")


def _status(error: Exception) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return max((code for code, _text in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0

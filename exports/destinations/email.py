"""E-mail: the file is attached while it is small enough, otherwise the mail has a link that works as long as the file is kept."""

from collections.abc import Mapping, Sequence
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Any, Final
from uuid import UUID, uuid5

from django.conf import settings as installation
from django.template.defaultfilters import date, filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exports.destinations.base import Destination, OutgoingFile, Receipt
from exports.destinations.failures import NotSent
from tenants.ids import uuid7
from tenants.mail import Attachment, NotMailed, can_mail, send_mail

MEGABYTE: Final = 1024 * 1024
# Beginning of SMTP's answers that will not change.
FINAL: Final = 500
TOO_LARGE: Final = (523, 534, 552)
NO_LOGIN: Final = (530, 535, 538)
# Nobody else would get it, either.
OF_EVERYBODY: Final = ("mail_away", "mail_login", "sender_refused")
REFUSED_ADDRESS: Final = (550, 551, 553)


class EmailDestination(Destination):
    """Settings as EmailForm has cleaned them. Each address gets a mail of its own, with an id that a repeat has, too."""

    def __init__(self, settings: Mapping[str, Any], _credentials: Mapping[str, str], _extra: str) -> None:
        self._addresses: Sequence[str] = settings["addresses"]
        self._subject = str(settings.get("subject") or "")
        self._largest = int(settings["largest_mb"]) * MEGABYTE

    def send(self, file: OutgoingFile, name: str) -> Receipt:
        is_attached = file.size <= self._largest
        attachments = [_attachment(file, name)] if is_attached else []
        text = _text(file, name, is_attached=is_attached)
        self._mail(self._subject or file.title, text, file.id, attachments, file.reached)
        return Receipt(", ".join(self._addresses), file.size if is_attached else 0)

    def check(self) -> str:
        text = _("This is a test: exports that are sent to this destination arrive here.")
        self._mail(_("Test of a destination"), text, uuid7(), [])
        count = len(self._addresses)
        told = ngettext(
            "It works: a test mail for %(count)d address was handed to the mail server.",
            "It works: a test mail for %(count)d addresses was handed to the mail server.",
            count,
        )
        return told % {"count": count}

    def _mail(
        self,
        subject: str,
        text: str,
        id_: UUID,
        attachments: Sequence[Attachment],
        reached: frozenset[str] = frozenset(),
    ) -> None:
        """To everybody who has not been reached. Where the server refuses one of them, the others have it all the same."""
        if not can_mail():
            raise NotSent("no_mail")
        problems: list[NotSent] = []
        for address in self._addresses:
            if address in reached:
                continue
            try:
                send_mail(address, subject, text, uuid5(id_, address), attachments)
                reached |= {address}
            except NotMailed as error:
                problems.append(_refusal(error, address))
                if problems[-1].code in OF_EVERYBODY:
                    break
        if problems:
            # What may pass goes first: it is tried again.
            problem = min(problems, key=lambda one: one.is_final)
            problem.reached = reached
            raise problem


def _attachment(file: OutgoingFile, name: str) -> Attachment:
    with file.open() as stream:
        return Attachment(name, stream.read(), file.content_type)


def _text(file: OutgoingFile, name: str, *, is_attached: bool) -> str:
    words = {"title": file.title, "name": name, "size": filesizeformat(file.size), "link": file.link}
    if is_attached:
        return _("%(title)s: the file %(name)s (%(size)s) is attached.") % words
    until = date(timezone.localtime(file.expires_at), "SHORT_DATETIME_FORMAT") if file.expires_at else "—"
    return _(
        "%(title)s: the file %(name)s (%(size)s) is too large for a mail. Download it here until %(until)s:\n\n%(link)s\n\nWhoever has this link has the file."
    ) % {**words, "until": until, "hub": installation.PUBLIC_URL}


def _refusal(error: NotMailed, address: str) -> NotSent:
    return NotSent(_code(error), str(error), address=address, status=error.status)


def _code(error: NotMailed) -> str:
    status = error.status
    if error.kind == SMTPAuthenticationError.__name__ or status in NO_LOGIN:
        return "mail_login" if status >= FINAL else "mail_away"
    if not status:
        return "mail_away"
    if status in TOO_LARGE:
        return "too_large"
    if error.kind == SMTPSenderRefused.__name__ and status >= FINAL:
        return "sender_refused"
    if status in REFUSED_ADDRESS:
        return "address_refused"
    if status >= FINAL:
        return "mail_refused"
    return "address_later" if error.kind == SMTPRecipientsRefused.__name__ else "mail_failed"

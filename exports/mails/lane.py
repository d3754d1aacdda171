"""Lane `exports.letters`: one mail about an export."""

from typing import Final

from django.utils import timezone

from exports.mails.owing import LANE
from exports.mails.writing import written
from exports.models import ExportLetter
from tenants.mail import NotMailed, send_mail
from tenants.work import Leased, Outcome, PooledLane, backoff, register

RETRIES: Final = (5.0, 15.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 3600.0)


class LettersLane(PooledLane):
    """Subject: the letter; group: its person."""

    name = LANE
    queue = "upkeep"
    capacity = 4
    per_group = 1
    lease_seconds = 120.0  # longer than a mail server may take

    def act(self, row: Leased) -> Outcome:
        letter = (
            ExportLetter.objects.filter(pk=row.subject, sent_at=None, failure="")
            .select_related("user", "tenant", "export", "schedule")
            .first()
        )
        if letter is None:
            return Outcome.done(row)
        text = written(letter)
        if text is None:
            return Outcome.done(row, {"failure": "nothing to tell"})
        try:
            send_mail(letter.user.email, text.subject, text.body, letter.pk)
        except NotMailed as error:
            delay = backoff(RETRIES, row.attempt)
            if delay is not None:
                return Outcome.retry(row, delay)
            return Outcome.done(row, {"failure": str(error)[:40]})
        return Outcome.done(row, {"sent_at": timezone.now()})

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.result is not None:
                ExportLetter.objects.filter(pk=outcome.row.subject).update(**outcome.result)


register(LettersLane())

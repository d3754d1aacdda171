"""Mails to members about integrations."""

from django.utils import timezone

from integrations.actions.alert_letters import is_too_late, written
from integrations.actions.alert_members import LETTERS
from integrations.models import AlertLetter
from tenants.mail import NotMailed, send_mail
from tenants.work import Leased, Outcome, PooledLane, backoff

LETTER_SCHEDULE = (5.0, 15.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 3600.0)


class LettersLane(PooledLane):
    """Mails about integrations; subject = the letter, group = its person."""

    name = LETTERS
    queue = "upkeep"
    capacity = 4
    per_group = 1
    lease_seconds = 120.0  # longer than a mail server may take

    def act(self, row: Leased) -> Outcome:
        letter = (
            AlertLetter.objects.filter(pk=row.subject, sent_at=None, failure="")
            .select_related("user", "tenant", "integration")
            .first()
        )
        if letter is None:
            return Outcome.done(row)
        if is_too_late(letter):
            return Outcome.done(row, {"failure": "too late"})
        text = written(letter)
        try:
            send_mail(letter.user.email, text.subject, text.body, letter.id)
        except NotMailed as error:
            delay = backoff(LETTER_SCHEDULE, row.attempt)
            return (
                Outcome.done(row, {"failure": str(error)[:40]})
                if delay is None
                else Outcome.retry(row, delay)
            )
        return Outcome.done(row, {"sent_at": timezone.now()})

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.result is not None:
                AlertLetter.objects.filter(pk=outcome.row.subject).update(**outcome.result)

"""Lane `webhooks.letters`: one mail of this room."""

from typing import Final

from django.utils import timezone

from tenants.mail import NotMailed, send_mail
from tenants.work import Leased, Outcome, PooledLane, backoff
from webhooks.actions.owe_letters import LANE
from webhooks.models import Letter

SCHEDULE: Final = (5.0, 15.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 3600.0, 3 * 3600.0)


class LettersLane(PooledLane):
    """Subject: the letter; group: its address."""

    name = LANE
    queue = "upkeep"
    capacity = 4
    per_group = 1
    lease_seconds = 120.0  # longer than a mail server may take

    def act(self, row: Leased) -> Outcome:
        letter = Letter.objects.filter(pk=row.subject, sent_at=None, failure="").first()
        if letter is None:
            return Outcome.done(row)
        try:
            send_mail(letter.address, letter.subject, letter.text, letter.pk)
        except NotMailed as error:
            delay = backoff(SCHEDULE, row.attempt)
            if delay is not None:
                return Outcome.retry(row, delay)
            return Outcome.done(row, {"failure": str(error)[:40]})
        return Outcome.done(row, {"sent_at": timezone.now()})

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.result is not None:
                Letter.objects.filter(pk=outcome.row.subject).update(**outcome.result)

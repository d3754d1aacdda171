"""Lanes for people: who is meant by a forgotten password, and mails about how somebody signs in."""

from django.utils import timezone

from tenants import audit
from tenants.mail import NotMailed, send_mail
from tenants.signin import forgotten, letters, trail
from tenants.signin.models import ForgottenPassword, Letter
from tenants.work import Leased, Outcome, PooledLane, backoff, register

RETRY_SECONDS = (5, 15, 60, 300, 600, 1800, 3600, 3600, 7200, 14400)


class ForgottenLane(PooledLane):
    """Subject: a request for a new password."""

    name = forgotten.LANE
    queue = "upkeep"
    capacity = 2

    def act(self, row: Leased) -> Outcome:
        asked = ForgottenPassword.objects.filter(pk=row.subject).first()
        if asked is not None:
            forgotten.answer_request(asked)
        return Outcome.done(row)


class LettersLane(PooledLane):
    """Subject: a letter; group: its person."""

    name = letters.LANE
    queue = "upkeep"
    capacity = 4
    per_group = 1
    lease_seconds = 120.0  # longer than a mail server may take

    def act(self, row: Leased) -> Outcome:
        letter = Letter.objects.filter(pk=row.subject, sent_at=None).select_related("user").first()
        if letter is None:
            return Outcome.done(row)
        if letters.is_too_late(letter):
            return Outcome.done(row, NotMailed("too late"))
        text = letters.written(letter)
        try:
            send_mail(letter.user.email, text.subject, text.body, letter.id)
        except NotMailed as error:
            delay = backoff(RETRY_SECONDS, row.attempt)
            return Outcome.done(row, error) if delay is None else Outcome.retry(row, delay)
        return Outcome.done(row, letter)

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome.result, Letter):
                Letter.objects.filter(pk=outcome.row.subject).update(sent_at=timezone.now())
            elif isinstance(outcome.result, NotMailed):
                self._give_up(outcome)

    @staticmethod
    def _give_up(outcome: Outcome) -> None:
        letter = Letter.objects.filter(pk=outcome.row.subject).select_related("user").first()
        if letter is not None:
            with audit.acting(audit.SYSTEM):
                trail.record(letter.user, "letter.not_sent", kind=letter.kind, reason=str(outcome.result))


register(ForgottenLane())
register(LettersLane())

"""The leased work of this room."""

from django.utils import timezone

from integrations import messenger_lanes  # noqa: F401 those of messengers
from integrations.actions.alert_letters import is_too_late, written
from integrations.actions.alert_members import LANE as ALERT_LANE
from integrations.actions.alert_members import LETTERS, alert_of, tell
from integrations.actions.check_integration import LANE as CHECK_LANE
from integrations.actions.check_integration import Checked, check_integration
from integrations.actions.keep_alive import LANE as TOKENS
from integrations.actions.keep_alive import renew_idle
from integrations.actions.push_directory import LANE, Pushed, push_directory, record_push
from integrations.actions.receive_hook import Received, receive_hook
from integrations.actions.write_journals import write_journals
from integrations.hook_owner import LANE as RECEIVE_LANE
from integrations.models import AlertLetter, Integration
from integrations.sync import lane as sync_lane  # noqa: F401 the lane of synchronisations
from tenants.errors import RateLimited, TransientError
from tenants.mail import NotMailed, send_mail
from tenants.work import Leased, Outcome, PooledLane, backoff, register
from webhooks.actions.record_handling import record_handling

RECEIVE_SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0)
LETTER_SCHEDULE = (5.0, 15.0, 60.0, 300.0, 600.0, 1800.0, 3600.0, 3600.0)
PUSH_SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 3 * 3600.0, 6 * 3600.0)


class PushLane(PooledLane):
    """Tables of extensions on their way to outside systems; subject = integration."""

    name = LANE
    queue = "integrations"
    capacity = 8
    per_group = 2
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        pushed = push_directory(row.subject)
        if pushed is None or not pushed.is_worth_retrying:
            return Outcome.done(row, pushed)
        asked = getattr(pushed.error, "retry_after", None) or 0.0
        if isinstance(pushed.error, RateLimited):
            # Back-pressure is no failure: it waits for its turn however often it has to.
            return Outcome.retry(row, max(asked, PUSH_SCHEDULE[0]), pushed, counted=False)
        delay = backoff(PUSH_SCHEDULE, row.attempt)
        return Outcome.done(row, pushed) if delay is None else Outcome.retry(row, max(delay, asked), pushed)

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Pushed] = [one.result for one in outcomes if one.result is not None]
        for pushed in results:
            record_push(pushed)
        write_journals([pushed.journal for pushed in results])


class ReceiveLane(PooledLane):
    """Stored requests of outside systems; subject = the request, group = its source, so that one slow system delays no other."""

    name = RECEIVE_LANE
    queue = "integrations"
    capacity = 8
    per_group = 2
    lease_seconds = 90.0

    def act(self, row: Leased) -> Outcome:
        received = receive_hook(row.subject, is_last=row.attempt > len(RECEIVE_SCHEDULE))
        if received.retry_after is None:
            return Outcome.done(row, received)
        if not received.is_counted:
            return Outcome.retry(row, received.retry_after, received, counted=False)
        planned = backoff(RECEIVE_SCHEDULE, row.attempt) or 0.0
        return Outcome.retry(row, max(planned, received.retry_after), received)

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Received] = [one.result for one in outcomes if one.result is not None]
        for received in results:
            if received.handled is not None:
                record_handling(received.handled)
        write_journals([received.journal for received in results])


class CheckLane(PooledLane):
    """Integrations that are looked after; subject = integration, group = tenant."""

    name = CHECK_LANE
    queue = "integrations"
    capacity = 4
    per_group = 1
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        return Outcome.done(row, check_integration(row.subject))

    def record(self, outcomes: list[Outcome]) -> None:
        results: list[Checked] = [one.result for one in outcomes if one.result is not None]
        write_journals([checked.journal for checked in results])
        for checked in results:
            if checked.subscription:
                Integration.objects.filter(pk=checked.integration_id, hooks_wanted=True).update(
                    **checked.subscription
                )
            if checked.alert is not None:
                tell(checked.alert)


class AlertLane(PooledLane):
    """Changes of health that members are told of; subject = integration, group = tenant."""

    name = ALERT_LANE
    queue = "upkeep"
    capacity = 2

    def act(self, row: Leased) -> Outcome:
        found = Integration.objects.filter(pk=row.subject).first()
        return Outcome.done(row, alert_of(found) if found else None)

    def record(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.result is not None:
                tell(outcome.result)


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


class TokenLane(PooledLane):
    """Access to idle accounts, kept alive; subject = integration."""

    name = TOKENS
    queue = "integrations"
    capacity = 2
    lease_seconds = 120.0

    def act(self, row: Leased) -> Outcome:
        journal, error = renew_idle(row.subject)
        delay = backoff(PUSH_SCHEDULE, row.attempt) if isinstance(error, TransientError) else None
        return Outcome.done(row, journal) if delay is None else Outcome.retry(row, delay, journal)

    def record(self, outcomes: list[Outcome]) -> None:
        write_journals([one.result for one in outcomes if one.result is not None])


register(PushLane())
register(CheckLane())
register(AlertLane())
register(LettersLane())
register(ReceiveLane())
register(TokenLane())

"""The leased work of messengers: messages out, pressed buttons, and asking for what is new."""

from integrations.actions import acknowledge_press as pressing
from integrations.actions import edit_message as editing
from integrations.actions import poll_updates as polling
from integrations.actions import send_message as sending
from integrations.actions.record_messages import record_messages
from integrations.actions.write_journals import write_journals
from tenants.work import Leased, Outcome, PooledLane, backoff

ACKNOWLEDGE_SCHEDULE = (1.0, 4.0, 15.0)


class MessageLane(PooledLane):
    """Messages to people; subject = message, group = integration, so that a slow messenger delays only itself."""

    name = sending.LANE
    queue = "integrations"
    capacity = 16
    per_group = 6
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        tried = sending.send_message(row)
        if tried is None:
            return Outcome.done(row)
        if tried.retry_in is None:
            return Outcome.done(row, tried)
        return Outcome.retry(row, tried.retry_in, tried, counted=tried.is_attempt)

    def record(self, outcomes: list[Outcome]) -> None:
        record_messages([one.result for one in outcomes if one.result is not None])


class AcknowledgeLane(PooledLane):
    """Pressed buttons; subject = the message that the press is. After a minute nobody looks at it any more."""

    name = pressing.LANE
    queue = "integrations"
    capacity = 8
    per_group = 4
    lease_seconds = 30.0

    def act(self, row: Leased) -> Outcome:
        done = pressing.acknowledge_press(row.subject)
        if done is None or not done.is_worth_retrying:
            return Outcome.done(row, done)
        delay = backoff(ACKNOWLEDGE_SCHEDULE, row.attempt)
        return Outcome.done(row, done) if delay is None else Outcome.retry(row, delay, done)

    def record(self, outcomes: list[Outcome]) -> None:
        write_journals([one.result.journal for one in outcomes if one.result is not None])


class EditLane(PooledLane):
    """Changed texts of messages; subject = message, group = integration."""

    name = editing.LANE
    queue = "integrations"
    capacity = 4
    per_group = 2
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        edited = editing.bring_edit(row)
        if edited is None or edited.retry_in is None:
            return Outcome.done(row, edited)
        return Outcome.retry(row, edited.retry_in, edited, counted=edited.is_attempt)

    def record(self, outcomes: list[Outcome]) -> None:
        results = [one.result for one in outcomes if one.result is not None]
        for edited in results:
            editing.record_edit(edited)
        write_journals([edited.journal for edited in results])


class PollLane(PooledLane):
    """Systems that are asked for news; subject = integration: there is one row, so one asks at a time."""

    name = polling.LANE
    queue = "integrations"
    capacity = 16
    lease_seconds = 60.0

    def act(self, row: Leased) -> Outcome:
        polled = polling.poll_updates(row)
        if polled.retry_in is None:
            return Outcome.done(row, polled)
        return Outcome.retry(row, polled.retry_in, polled, counted=False)

    def record(self, outcomes: list[Outcome]) -> None:
        polling.record_polled([one.result for one in outcomes if one.result is not None])

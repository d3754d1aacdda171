"""Captures: begun, looked through for a sender, and made into a source that takes over their URL."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from webhooks.actions.create_source import create_source
from webhooks.guessing import Guess, guesses, proves
from webhooks.ingest.arrived import new_inbound, of_parameters
from webhooks.ingest.writer import insert
from webhooks.models import Capture, CapturedRequest, Source
from webhooks.presets import Arrival

MOST_RECORDING: Final = 10


@transaction.atomic
def begin_capture(capture: Capture) -> Capture:
    """ConfigError when too many of the company's record already."""
    recording = [one for one in Capture.objects.filter(source=None) if one.is_recording]
    if len(recording) >= MOST_RECORDING:
        raise ConfigError(_("Ten captures record already: make a source of one, or delete it."))
    capture.save(force_insert=True)
    audit.record("capture.created", capture, after={"name": capture.name})
    return capture


def arrivals_of(capture: Capture, rows: Sequence[CapturedRequest]) -> list[Arrival]:
    """As they came, at the time at which they came."""
    return [
        Arrival(
            row.headers,
            row.query,
            bytes(row.body),
            at=row.created_at.timestamp(),
            address=row.address,
            method=row.method,
            path=capture.path,
        )
        for row in rows
    ]


def suggest(capture: Capture, secret: str) -> list[Guess]:
    """Who may have sent what was recorded. The secret is kept, sealed, for the source that may be made of it."""
    capture.secret = secret.strip() or None
    capture.save(update_fields=["secret"])
    return look_for_sender(capture, secret)


def look_for_sender(capture: Capture, secret: str) -> list[Guess]:
    """The same, and nothing is kept."""
    return guesses(arrivals_of(capture, list(capture.captured.order_by("id"))), secret.strip())


def source_of(capture: Capture, guess: Guess, secret: str, name: str = "") -> Source:
    """Of a guess that proves something; not saved yet."""
    return Source(
        tenant_id=capture.tenant_id,
        name=name or capture.name,
        preset=guess.preset.name,
        options=dict(guess.options),
        secret=secret.strip(),
    )


def make_source(capture: Capture, source: Source) -> int:
    """Save the source under the capture's URL and store what it proves of the recorded requests; how many were new.

    ValidationError names fields. Secrets that were recorded are masked from here on, as in every request of a source.
    """
    with transaction.atomic():
        current = Capture.objects.select_for_update().get(pk=capture.pk)
        if current.has_source:
            raise ValidationError(_("A source was made of this capture already."))
        source.public_id = current.public_id
        create_source(source)
        Capture.objects.filter(pk=capture.pk).update(source=source, secret=None)
        audit.record("capture.used", capture, after={"source": str(source.pk)})
    return process_captured(capture, source)


@transaction.atomic
def process_captured(capture: Capture, source: Source) -> int:
    """Repeats are absorbed, so that doing it again changes nothing. The recordings go: they hold what nobody masked."""
    rows = list(CapturedRequest.objects.select_for_update().filter(capture=capture).order_by("id"))
    sender = source.sender
    new = []
    for recorded in arrivals_of(capture, rows):
        arrival = of_parameters(recorded) if recorded.method == "GET" else recorded
        if (recorded.method == "POST" or sender.takes_get) and proves(
            sender, source.options, source.secret, arrival
        ):
            known = replace(arrival, options=source.options)
            reply = sender.reply(known, source.secret)
            new.append(new_inbound(source.pk, source.tenant_id, sender, known, reply, is_former=False))
    stored = sum(insert(new))
    Capture.objects.filter(pk=capture.pk).update(requests=0)
    CapturedRequest.objects.filter(id__in=[row.pk for row in rows]).delete()
    return stored

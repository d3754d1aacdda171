"""Callers who are refused: guessers are stopped by their address, and the misuse of a known credential is recorded.

Only different wrong credentials count: a forgotten job that repeats one old key is no guesser, and does not lock out its
neighbours behind the same address. Credentials that were used within the last seconds are let through to the end.
"""

import hashlib
import time

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import Throttled

from config import metrics
from tenants import audit
from tenants.addresses import neighbourhood
from tenants.counters import Limit, is_first
from tenants.models import MachineCredential

GUESSES = Limit(count=20, seconds=60)
RECORD_SECONDS = 60  # a refusal for the same reason is recorded once in so long


class Guessing(Throttled):
    """Too many guesses; `wait` says for how many seconds."""

    wait: float


wrong = metrics.counter("switchboard_api_wrong_credentials_total", "Requests with an unknown credential.", ())
misused = metrics.counter(
    "switchboard_api_refused_credentials_total", "Known credentials refused.", ("reason",)
)


def refuse_guesser(address: str | None) -> None:
    """Guessing, before anything is looked up, for an address that has tried too many different credentials."""
    if GUESSES.is_used_up(_name(address)):
        wait = GUESSES.seconds - time.time() % GUESSES.seconds
        raise Guessing(wait=wait, detail=str(_("Too many unknown credentials came from this address.")))


def note_wrong(address: str | None, presented: str) -> None:
    """An unknown credential was tried."""
    wrong.inc()
    fingerprint = hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    if not is_first(f"wrong:{neighbourhood(address)}:{fingerprint}", GUESSES.seconds):
        return
    GUESSES.take(_name(address))
    if GUESSES.is_used_up(_name(address)) and is_first(f"guesser:{neighbourhood(address)}", RECORD_SECONDS):
        with audit.acting(audit.Actor("anonymous", "key", address)):
            audit.record("api.guessing_stopped", after={"address": neighbourhood(address)})


def note_refusal(credential: MachineCredential, reason: str, address: str | None) -> None:
    """A known credential was refused: inactive, expired, from a wrong address, unsigned, or replayed."""
    misused.inc(reason)
    if is_first(f"refused:{credential.pk}:{reason}", RECORD_SECONDS):
        with audit.acting(audit.Actor(str(credential), "key", address)):
            audit.record(f"{credential._meta.model_name}.refused", credential, after={"reason": reason})


def _name(address: str | None) -> str:
    return f"guesses:{neighbourhood(address)}"

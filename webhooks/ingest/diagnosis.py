"""Why a request was refused, found out with what only this installation knows. Of the request, names and sizes are kept.

Shown to the owner of the source; the sender is told nothing of it.
"""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from config.keyring import Unreadable
from tenants.storable import storable_text
from webhooks.ingest.table import KnownSource
from webhooks.presets import PRESETS, Arrival
from webhooks.presets.schemes.comparing import MISSING, STALE, STRANGE, WRONG

MOST_HEADERS: Final = 40
MOST_SENDERS: Final = 3
YEARS: Final = 10 * 365 * 86400.0
Finding = tuple[str, str]  # a code of webhooks.diagnoses, and what it is about


def sample(
    source: KnownSource,
    arrival: Arrival,
    reason: str,
    neighbours: Iterable[KnownSource],
    found: Finding | None = None,
) -> dict[str, Any]:
    """What is kept of a refused request: when, from where, names of headers with sizes, a digest, and what may be wrong.

    `found` is what is known already; otherwise it is looked for.
    """
    code, detail = found or _finding(source, arrival, reason, neighbours)
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": reason,
        "address": arrival.address[:45],
        "size": len(arrival.body),
        "digest": hashlib.sha256(arrival.body).hexdigest()[:16],
        "headers": {
            storable_text(name)[:60]: len(value)
            for name, value in list(arrival.headers.items())[:MOST_HEADERS]
        },
        "diagnosis": code,
        "detail": storable_text(detail)[:100],
    }


def _finding(
    source: KnownSource, arrival: Arrival, reason: str, neighbours: Iterable[KnownSource]
) -> Finding:
    if reason == STALE:
        return _clock(arrival)
    if reason == MISSING:
        return _missing(source, arrival)
    if reason == STRANGE:
        return "address", arrival.address
    return _mismatch(source, arrival, neighbours) if reason == WRONG else ("", "")


def _clock(arrival: Arrival) -> Finding:
    """By how many seconds the signed time differs from ours; positive when it lies in the past."""
    for moment in _times(arrival):
        return "clock", str(round(arrival.at - moment))
    return "", ""


def _times(arrival: Arrival) -> Iterable[float]:
    for name, value in arrival.headers.items():
        texts = [value] if "time" in name else []
        if "signature" in name:
            texts = [part.strip()[2:] for part in value.split(",") if part.strip().startswith("t=")]
        for text in texts:
            if text.isascii() and text.isdigit() and len(text) <= 14:
                for moment in (float(text), float(text) / 1000):
                    if abs(arrival.at - moment) < YEARS:
                        yield moment


def _missing(source: KnownSource, arrival: Arrival) -> Finding:
    """Whose headers they are, when they are another sender's."""
    # Some sign alike: all of them are named. An Authorization header is everybody's.
    found = [
        name
        for name, one in PRESETS.items()
        if one is not source.preset and (one.secret_headers - {"authorization"}) & arrival.headers.keys()
    ]
    if found:
        return "other_sender", ",".join(found[:MOST_SENDERS])
    wanted = source.preset.secret_headers or {source.options.get("header", "").lower()} - {""}
    return "no_header", ", ".join(sorted(wanted)) or "?token="


def _mismatch(source: KnownSource, arrival: Arrival, neighbours: Iterable[KnownSource]) -> Finding:
    preset, tolerance = source.preset, float("inf")
    if preset.prove(arrival, _opened(source), tolerance).holds:
        return "former_secret", ""
    for other in neighbours:
        try:
            if preset.prove(
                replace(arrival, options=other.options), other.secrets(time.time()), tolerance
            ).holds:
                return "other_source", other.name
        except Unreadable:
            continue
    try:
        secrets = source.secrets(arrival.at)
    except Unreadable:
        return "", ""
    for body in _as_it_may_have_been(arrival.body):
        if preset.prove(replace(arrival, body=body), secrets, tolerance).holds:
            return "body_changed", ""
    return "", ""


def _opened(source: KnownSource) -> list[str]:
    try:
        return source.former_secrets()
    except Unreadable:
        return []


def _as_it_may_have_been(body: bytes) -> list[bytes]:
    """Before a proxy added or took away a line's end."""
    variants = (
        body.rstrip(b"\r\n"),
        body + b"\n",
        body.replace(b"\r\n", b"\n"),
        body.lstrip(b"\xef\xbb\xbf"),
    )
    return [one for one in dict.fromkeys(variants) if one != body]

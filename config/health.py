"""Whether the installation is alive: web, disk, database, workers of every queue, and beat."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import metrics
from config.env import DATA_DIR

LEAST_FREE_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One part's state; `detail` names what is wrong in plain words."""

    is_ok: bool
    detail: str = ""


_checks: dict[str, Callable[[], Finding]] = {}
_notes: dict[str, Callable[[], object]] = {}


def health_check(name: str) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
    """Register a check of that part; upper rooms declare theirs where they live."""

    def register(check: Callable[[], Finding]) -> Callable[[], Finding]:
        _checks[name] = check
        return check

    return register


def health_note(name: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register something that /health tells beside its checks, as JSON; it makes nothing fail."""

    def register(note: Callable[[], object]) -> Callable[[], object]:
        _notes[name] = note
        return note

    return register


@health_check("web")
def _web() -> Finding:
    return Finding(True)


@health_check("disk")
def _disk() -> Finding:
    """A full disk still lets everybody read, so the other checks see nothing of it."""
    free = shutil.disk_usage(DATA_DIR).free
    if free >= LEAST_FREE_BYTES:
        return Finding(True)
    return Finding(False, f"only {free // 1024**2} MB are free in {DATA_DIR}")


@health_check("database")
def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(True)


def findings() -> dict[str, Finding]:
    """Every part's state. Once the database was found silent it is not asked again: each try would wait for seconds."""
    found: dict[str, Finding] = {}
    silence: Finding | None = None
    for name, check in _checks.items():
        if silence is not None:
            found[name] = silence
            continue
        try:
            found[name] = check()
        except (DatabaseError, InterfaceError) as error:
            found[name] = silence = Finding(False, f"the database does not answer ({type(error).__name__})")
    return found


def _told() -> dict[str, object]:
    """What is noted beside the checks; a database that goes meanwhile takes no answer with it."""
    try:
        return {name: note() for name, note in _notes.items()}
    except (DatabaseError, InterfaceError):
        return {}


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """200 when every part is alive, 503 naming what is not."""
    found = findings()
    failing = [name for name, finding in found.items() if not finding.is_ok]
    body: dict[str, object] = {
        "status": "failing" if failing else "ok",
        "failing": failing,
        "checks": {
            name: {"ok": one.is_ok, **({"detail": one.detail} if one.detail else {})}
            for name, one in found.items()
        },
    }
    if found["database"].is_ok:
        body |= _told()
    response = JsonResponse(body, status=503 if failing else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own switch: a 503 here is an answer, not an error
    return response


@require_safe
def metrics_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

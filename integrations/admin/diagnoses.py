"""The result of a connection test, on its way to the page that shows it."""

from typing import Any

from django.http import HttpRequest

from integrations.capabilities import Diagnosis
from integrations.models import Integration

DIAGNOSIS = "integration-diagnosis"


def keep_diagnosis(request: HttpRequest, row: Integration, found: Diagnosis) -> None:
    """For the page that follows, and only once."""
    checks = [
        {"title": str(one.title), "state": one.state.value, "text": str(one.text), "advice": str(one.advice)}
        for one in found.checks
    ]
    request.session[DIAGNOSIS] = {
        "of": str(row.pk),
        "works": found.works,
        "summary": str(found.summary),
        "checks": checks,
    }


def take_diagnosis(request: HttpRequest, pk: str) -> dict[str, Any] | None:
    """The diagnosis made for this integration just before."""
    found: dict[str, Any] | None = request.session.get(DIAGNOSIS)
    if found is None or found["of"] != pk:
        return None
    del request.session[DIAGNOSIS]
    return found

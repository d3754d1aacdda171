"""What amoCRM's answers mean: problem+json, the errors of calls, and pages of its front servers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from integrations.http.messages import Response
from integrations.http.status import Row
from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected

NOT_FOUND_TITLE: Final = "entity not found"
LONGEST_TEXT: Final = 500


class EntityNotFound(RemoteRejected):
    """There is nothing at this address, or nobody has that number."""


class Invalid(RemoteRejected):
    """The whole request was refused because of some of its items; nothing of it was taken.

    `reasons` maps a `request_id` (or the place of an item that had none) to what is wrong with it, `paths` names the
    fields.
    """

    def __init__(
        self, message: object, detail: str, reasons: Mapping[str, str], paths: frozenset[str]
    ) -> None:
        super().__init__(message, detail)
        self.reasons, self.paths = reasons, paths


def unpaid(response: Response) -> HubError:
    return ConfigError(_("The amoCRM account is not paid for: its API is switched off."), detail="HTTP 402")


def forbidden(response: Response) -> HubError:
    """A right that is missing, or our address was locked out for too many requests."""
    return AuthFailed(
        _(
            "amoCRM refuses access: the user who connected it lacks the right, or our address is locked out for too many"
            " requests."
        ),
        detail=f"HTTP 403, {response.content_type or 'no content type'}",
    )


OVERRIDES: Final[Mapping[int, Row]] = {402: unpaid, 403: forbidden}


def inspect(response: Response) -> HubError | None:
    """What the status alone does not tell: every answer but 204 is a JSON object."""
    if response.status == 204:
        return None
    if response.status < 300:
        return _unless_object(response)
    return refusal(response)


def inspect_acknowledgement(response: Response) -> HubError | None:
    """Where any 2xx counts, with or without a body; a page of HTML is still no answer of amoCRM's."""
    return None if response.status < 300 and not response.body.strip() else inspect(response)


def refusal(response: Response) -> HubError | None:
    """400 and 404 by their bodies; the others say enough by their status."""
    if response.status not in (400, 404):
        return None
    try:
        body = response.json_object()
    except HubError:
        body = {}
    if response.status == 404 or is_unknown_entity(body):
        return EntityNotFound(_("amoCRM has no such object."), detail=_detail(response, body))
    invalid = body.get("validation-errors")
    if isinstance(invalid, Sequence) and not isinstance(invalid, str):
        return _invalid(response, body, invalid)
    why = str(body.get("detail") or body.get("title") or "")[:LONGEST_TEXT]
    return RemoteRejected(
        _("amoCRM rejected the request: %(why)s") % {"why": why or "HTTP 400"}, detail=_detail(response, body)
    )


def is_unknown_entity(body: Mapping[str, Any]) -> bool:
    """`POST /api/v4/calls` tells so of a number that nobody has, and stores nothing (amocrm-api-php, issue 52)."""
    errors = body.get("errors")
    if not isinstance(errors, Sequence) or isinstance(errors, str):
        return False
    titles = [str(one.get("title", "")).lower() for one in errors if isinstance(one, Mapping)]
    return bool(titles) and all(title == NOT_FOUND_TITLE for title in titles)


def _invalid(response: Response, body: Mapping[str, Any], rows: Sequence[Any]) -> Invalid:
    reasons: dict[str, str] = {}
    paths: set[str] = set()
    for row in rows:
        errors = row.get("errors") if isinstance(row, Mapping) else None
        if not isinstance(errors, Sequence) or isinstance(errors, str):
            continue
        found = [one for one in errors if isinstance(one, Mapping)]
        paths |= {str(one.get("path") or "") for one in found}
        reasons[str(row.get("request_id", ""))] = "; ".join(
            ": ".join(str(one[part]) for part in ("path", "detail") if one.get(part)) for one in found
        )[:LONGEST_TEXT]
    why = "; ".join(dict.fromkeys(reason for reason in reasons.values() if reason))[:LONGEST_TEXT]
    return Invalid(
        _("amoCRM rejected the request: %(why)s") % {"why": why or str(body.get("detail", ""))},
        _detail(response, body),
        reasons,
        frozenset(paths),
    )


def _unless_object(response: Response) -> HubError | None:
    try:
        response.json_object()
    except HubError as error:
        return error
    return None


def _detail(response: Response, body: Mapping[str, Any]) -> str:
    words = [str(body.get(name)) for name in ("title", "detail", "hint") if body.get(name)]
    return f"HTTP {response.status}: {': '.join(words)}"[:LONGEST_TEXT]

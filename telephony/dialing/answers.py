"""With which HTTP status a refused click is answered, for programs that look at nothing else."""

from http import HTTPStatus
from typing import Final

REFUSED: Final = HTTPStatus.UNPROCESSABLE_ENTITY
STATUSES: Final = {
    "repeated": HTTPStatus.CONFLICT,
    "already_calling": HTTPStatus.CONFLICT,
    "extension_minute": HTTPStatus.TOO_MANY_REQUESTS,
    "tenant_minute": HTTPStatus.TOO_MANY_REQUESTS,
    "extension_day": HTTPStatus.TOO_MANY_REQUESTS,
    "tenant_day": HTTPStatus.TOO_MANY_REQUESTS,
    "minutes_day": HTTPStatus.TOO_MANY_REQUESTS,
}


def status_of(reason_code: str) -> HTTPStatus:
    """Of a refused click."""
    return STATUSES.get(reason_code, REFUSED)

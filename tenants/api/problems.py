"""Errors as RFC 9457 problem+json: `type`, `title`, `status`, `detail`, and `errors` with one entry a field."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DataError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from rest_framework import exceptions
from rest_framework.exceptions import ValidationError
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import exception_handler

from config import metrics
from tenants.errors import ConfigError, HubError, RateLimited, TransientError

refused = metrics.counter(
    "switchboard_api_refused_total", "API requests answered with an error.", ("status", "code")
)
CONTENT_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    status_code = 409
    default_code = "conflict"


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _lazy("The body is too large.")


def problem_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn what a view raised into a problem; None lets an unexpected error through to Django."""
    if isinstance(error, ModelValidationError):
        error = ValidationError(get_error_detail(error))
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, DataError):
        # Such as a NUL character in the address, which a filter hands to the database.
        error = exceptions.ParseError(_("The request contains a value that cannot be stored."))
    if isinstance(error, HubError):
        error = _from_hub(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    response = exception_handler(error, dict(context))
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    response.data = _problem(error)
    response.content_type = CONTENT_TYPE
    refused.inc(str(response.status_code), response.data["code"])
    return response


def _from_hub(error: HubError) -> exceptions.APIException:
    if isinstance(error, RateLimited):
        return exceptions.Throttled(wait=error.retry_after)
    mapped = exceptions.APIException(detail=str(error), code=error.code)
    mapped.status_code = (
        503 if isinstance(error, TransientError) else 422 if isinstance(error, ConfigError) else 400
    )
    return mapped


def _problem(error: exceptions.APIException) -> dict[str, Any]:
    code = error.default_code if isinstance(error, ValidationError) else error.get_codes()
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "code": code if isinstance(code, str) else error.default_code,
    }
    if isinstance(error, ValidationError):
        problem["errors"] = list(_fields(error.detail))
        problem["detail"] = "; ".join(f"{one['field']}: {one['message']}" for one in problem["errors"]) or _(
            "Invalid input."
        )
    else:
        problem["detail"] = str(error.detail)
    return problem


def _fields(detail: Any, path: str = "") -> Any:
    """Flatten DRF's nested error structure to (field, message, code)."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            # DRF names the rows of a list by their number.
            joined = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}"
            yield from _fields(inner, joined if path else str(name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_row = isinstance(inner, Mapping | list)
            yield from _fields(inner, f"{path}[{index}]" if is_row else path)
    else:
        yield {"field": path or "body", "message": str(detail), "code": getattr(detail, "code", "invalid")}

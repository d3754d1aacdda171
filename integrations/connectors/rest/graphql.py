"""What an answer of a GraphQL service means: errors stand in it, mostly with 200, and a part of the data may be there all the same.

Sections 6.4.4 and 7.1 of the specification (October 2021): without `data` nothing was executed; an error's `path` leads to the
field that failed, and one that lies below a mutation's own field failed when the mutation had run already.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from integrations.http.errors import OutcomeUnknown
from integrations.http.messages import Response
from integrations.http.status import retry_after
from tenants.errors import AuthFailed, HubError, RateLimited, RemoteRejected, TransientError

LONGEST_WHY = 500
INTERNAL: Final = frozenset(
    {
        "INTERNAL_SERVER_ERROR",
        "INTERNAL_ERROR",
        "INTERNAL",
        "SERVER_ERROR",
        "DOWNSTREAM_SERVICE_ERROR",
        "TIMEOUT",
    }
)
THROTTLED: Final = frozenset({"THROTTLED", "RATE_LIMITED", "TOO_MANY_REQUESTS"})
_OWN_ERROR = _lazy("The outside system had an error: %(why)s")
_CODES: Final[Mapping[str, tuple[type[HubError], Promise]]] = {
    **dict.fromkeys(
        ("UNAUTHENTICATED", "FORBIDDEN", "ACCESS_DENIED"),
        (AuthFailed, _lazy("The outside system refuses access: %(why)s")),
    ),
    **dict.fromkeys(THROTTLED, (RateLimited, _lazy("The outside system asks us to slow down."))),
    **dict.fromkeys(INTERNAL, (TransientError, _OWN_ERROR)),
}


def inspect_query(response: Response) -> HubError | None:
    """The first error decides; services that know better than 200 say it in the same form."""
    if response.status >= 500:
        return None
    found = _answer_with_errors(response)
    return _meaning(response, *found) if isinstance(found, tuple) else found


def inspect_mutation(response: Response, is_told: Callable[[Any], bool]) -> HubError | None:
    """The same for what changes something. `is_told` says whether the answer has the object: then it was done, whatever else
    could not be given."""
    if response.status >= 500:
        is_put_off = response.status == 503 and retry_after(response) is not None
        return None if is_put_off else _unknown(f"HTTP {response.status}")
    found = _answer_with_errors(response)
    if not isinstance(found, tuple):
        return found
    answer, errors = found
    if is_told(answer):
        return None
    for one in errors:
        if _code(one) in INTERNAL or ("data" in answer and _depth(one) > 1):
            return _unknown(f"HTTP {response.status}, {_code(one)}: {_why(one)}", _why(one))
    return _meaning(response, answer, errors)


def refusal_of(answer: Any, name: str) -> RemoteRejected | None:
    """What a mutation says of its input beside its data, such as `userErrors`: in the result of any of its fields."""
    data = answer.get("data") if isinstance(answer, Mapping) else None
    for result in data.values() if name and isinstance(data, Mapping) else ():
        listed = result.get(name) if isinstance(result, Mapping) else None
        told = [_refused(one) for one in listed] if isinstance(listed, list) else []
        if told:
            why = "; ".join(told)[:LONGEST_WHY]
            return RemoteRejected(_("The outside system rejected it: %(why)s") % {"why": why}, detail=why)
    return None


def _refused(one: Any) -> str:
    """The field, and what is wrong with it."""
    if not isinstance(one, Mapping):
        return str(one)
    where = one.get("field")
    place = ".".join(str(step) for step in where) if isinstance(where, list) else str(where or "")
    text = str(one.get("message") or one.get("code") or "")
    return f"{place}: {text}" if place else text


_Errors = tuple[Mapping[str, Any], Sequence[Any]]


def _answer_with_errors(response: Response) -> _Errors | HubError | None:
    """The answer with its errors, where it has some; an error where it is no answer."""
    if response.status in (401, 408, 429):
        return None
    try:
        answer = response.json_object()
    except HubError as error:
        return error if response.status < 400 else None
    errors = answer.get("errors")
    if not errors:
        return None
    return answer, errors if isinstance(errors, list) else [errors]


def _meaning(response: Response, answer: Mapping[str, Any], errors: Sequence[Any]) -> HubError:
    code, why = _code(errors[0]), _why(errors[0])
    make, text = _CODES.get(code, (RemoteRejected, _("The outside system rejected the query: %(why)s")))
    detail = f"HTTP {response.status}, {code}: {why}"
    if make is RateLimited:
        pause = retry_after(response)
        return RateLimited(
            str(text), detail=detail, retry_after=_refilled(answer) if pause is None else pause
        )
    return make(str(text) % {"why": why or code}, detail=detail)


def _refilled(answer: Mapping[str, Any]) -> float | None:
    """Seconds until so many points are there again as the query costs (Shopify, 2026-10)."""
    cost: Any = answer.get("extensions")
    cost = cost.get("cost") if isinstance(cost, Mapping) else None
    status = cost.get("throttleStatus") if isinstance(cost, Mapping) else None
    if not isinstance(status, Mapping):
        return None
    numbers: Any = (
        cost.get("requestedQueryCost"),
        status.get("currentlyAvailable"),
        status.get("restoreRate"),
    )
    if not all(isinstance(one, int | float) for one in numbers) or not numbers[2]:
        return None
    needed, left, restored = (float(one) for one in numbers)
    return min(max((needed - left) / restored, 1.0), 60.0)


def _unknown(detail: str, why: str = "") -> OutcomeUnknown:
    text = str(_OWN_ERROR) % {"why": why} if why else _("The outside system reports an error of its own.")
    return OutcomeUnknown(text, detail=detail)


def _code(error: Any) -> str:
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    return str(extensions.get("code") or "") if isinstance(extensions, Mapping) else ""


def _why(error: Any) -> str:
    return str(error.get("message") or "")[:LONGEST_WHY] if isinstance(error, Mapping) else ""


def _depth(error: Any) -> int:
    path = error.get("path") if isinstance(error, Mapping) else None
    return len(path) if isinstance(path, list) else 0

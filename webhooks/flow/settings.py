"""Which settings of an endpoint go together, and the limits that follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from webhooks.flow.keys import BadKey, compile_key
from webhooks.flow.pace import Pace

if TYPE_CHECKING:
    from webhooks.models import Endpoint

# What an array may hold: of these formats each body is JSON.
BATCHED: Final = frozenset({"standard", "cloudevents", "json"})
PERIODS: Final[Mapping[str, float]] = {"second": 1.0, "minute": 60.0}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one endpoint, as workers keep to them; None for what is not limited."""

    pace: Pace | None = None
    concurrency: int | None = None

    @property
    def are_there(self) -> bool:
        return self.pace is not None or self.concurrency is not None


def limits_of(endpoint: "Endpoint") -> Limits:
    pace = None
    if endpoint.rate_limit is not None:
        pace = Pace.of(endpoint.rate_limit, PERIODS[endpoint.rate_period])
    return Limits(pace, endpoint.concurrency)


def clean_flow(endpoint: "Endpoint") -> dict[str, Any]:
    """What does not go together, by field."""
    errors: dict[str, Any] = {}
    try:
        if endpoint.ordering_mode == "key":
            compile_key(endpoint.ordering_key)
        elif endpoint.ordering_key:
            errors["ordering_key"] = ValidationError(_("Only the order by a key has one."))
    except BadKey as error:
        errors["ordering_key"] = ValidationError(str(error))
    if endpoint.batch_size and endpoint.batch_size > 1:
        if endpoint.format not in BATCHED:
            errors["batch_size"] = ValidationError(_("Events of this format cannot be put into one request."))
        elif endpoint.ordering_mode == "key":
            errors["batch_size"] = ValidationError(_("What is in order by a key is sent one by one."))
    return errors

"""What every filter of a dataset can do: check what a person or program asked for, and turn it into a query."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from exports.columns import find_field

MAX_TEXT = 500
# The query string of an admin list: each name with all its values.
ListParams = Mapping[str, Sequence[str]]


class FilterError(ValueError):
    """What was asked for is impossible; the text tells a person why."""


@dataclass(frozen=True, slots=True)
class FromList:
    """What an admin list's query string says to one filter, and which of its names are thereby understood."""

    value: Any
    names: frozenset[str]


class Filter(ABC):
    """One named condition. `field` is an ORM path and defaults to the name."""

    shape: str

    def __init__(self, name: str, title: str | Promise, *, field: str = "") -> None:
        self.name = name
        self.title = title
        self.field = field or name
        self.model_field: models.Field | None = None

    def bind(self, model: type[models.Model]) -> Self:
        """Look the field up once, at registration; FieldDoesNotExist when the declaration is wrong."""
        self.model_field = find_field(model, self.field)
        return self

    @abstractmethod
    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        """The condition; FilterError when `raw` is impossible. Dates without a zone are in `zone`."""

    def describe(self) -> dict[str, Any]:
        """For programs: how to fill this filter."""
        return {"name": self.name, "title": str(self.title), "type": self.shape}

    def from_list(self, params: ListParams) -> FromList | None:
        """This filter's value as an admin list's query string states it; None when it says nothing about it."""
        for name in self._list_names():
            if params.get(name):
                value = self._from_list(name, params[name])
                return None if value is None else FromList(value, frozenset({name}))
        return None

    def _list_names(self) -> Sequence[str]:
        return (self.field, f"{self.field}__exact", f"{self.field}__in")

    def _from_list(self, name: str, values: Sequence[str]) -> Any:
        return split(name, values)


def split(name: str, values: Sequence[str]) -> list[str]:
    """The values of a list's parameter: `x__in=a,b` is two of them."""
    return [part for value in values for part in (value.split(",") if name.endswith("__in") else [value])]


def as_text(raw: Any) -> str:
    """A text that every database can compare with."""
    if not isinstance(raw, str) or not raw:
        raise FilterError(_("Give a text."))
    if len(raw) > MAX_TEXT:
        raise FilterError(_("The text is too long: at most %(limit)d characters.") % {"limit": MAX_TEXT})
    if "\x00" in raw or any("\ud800" <= char <= "\udfff" for char in raw):
        raise FilterError(_("The text has characters that no database can hold."))
    return raw


def as_list(raw: Any, limit: int) -> list[Any]:
    """One value or several, at least one and at most `limit`."""
    values = raw if isinstance(raw, list) else [raw]
    if not values or len(values) > limit:
        raise FilterError(_("Give between 1 and %(limit)d values.") % {"limit": limit})
    return values


def as_key(field: models.Field, raw: Any) -> Any:
    """A primary key of the type that the field has."""
    problem = FilterError(_("“%(value)s” is not a valid id.") % {"value": str(raw)[:50]})
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise problem
    try:
        value = field.to_python(raw)
    except ValidationError as error:
        raise problem from error
    if isinstance(value, int) and not 0 <= value < 2**63:
        raise problem
    return as_text(value) if isinstance(value, str) else value

"""Filters on single values: choices, texts, booleans, related rows, primary keys, and the search of several fields."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ForeignKey, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exports.columns import find_field
from exports.filters.base import Filter, FilterError, FromList, ListParams, as_key, as_list, as_text

MAX_CHOICES = 100
MAX_IDS = 10_000
MAX_WORDS = 10


class ChoiceFilter(Filter):
    """One or several values of a field with choices."""

    shape = "choice"

    def __init__(
        self,
        name: str,
        title: str | Promise,
        *,
        field: str = "",
        choices: Sequence[tuple[str, str | Promise]] = (),
    ) -> None:
        super().__init__(name, title, field=field)
        self.choices = tuple(choices)

    def bind(self, model: type[models.Model]) -> Self:
        super().bind(model)
        if not self.choices and self.model_field is not None:
            self.choices = tuple((str(value), label) for value, label in self.model_field.flatchoices)
        if not self.choices:
            raise TypeError(f"the filter {self.name!r} has no choices")
        return self

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        known = {value for value, _label in self.choices}
        values = as_list(raw, MAX_CHOICES)
        for value in values:
            if not isinstance(value, str) or value not in known:
                raise FilterError(
                    _("“%(value)s” is not one of: %(known)s.")
                    % {"value": str(value)[:50], "known": ", ".join(sorted(known))}
                )
        return Q(**{f"{self.field}__in": values})

    def describe(self) -> dict[str, Any]:
        choices = [{"value": value, "title": str(label)} for value, label in self.choices]
        return {**super().describe(), "choices": choices, "is_multiple": True}


class TextFilter(Filter):
    """A text, compared exactly or by another ORM lookup such as `icontains`."""

    shape = "text"

    def __init__(self, name: str, title: str | Promise, *, field: str = "", lookup: str = "exact") -> None:
        super().__init__(name, title, field=field)
        self.lookup = lookup

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        text = as_text(raw)
        if self.lookup == "exact" and self.model_field is not None:
            try:
                self.model_field.run_validators(text)  # PostgreSQL takes no address that is none
            except ValidationError as error:
                raise FilterError(error.messages[0]) from error
        return Q(**{f"{self.field}__{self.lookup}": text})

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "lookup": self.lookup}

    def _list_names(self) -> Sequence[str]:
        return (
            (self.field, f"{self.field}__exact")
            if self.lookup == "exact"
            else (f"{self.field}__{self.lookup}",)
        )

    def _from_list(self, name: str, values: Sequence[str]) -> Any:
        return values[0] if len(values) == 1 else None


class BooleanFilter(Filter):
    shape = "boolean"

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        if not isinstance(raw, bool):
            raise FilterError(_("Give true or false."))
        return Q(**{self.field: raw})

    def _from_list(self, name: str, values: Sequence[str]) -> Any:
        return {"1": True, "True": True, "true": True, "0": False, "False": False, "false": False}.get(
            values[0]
        )


class RelatedFilter(Filter):
    """Rows that point at one or several others, by id."""

    shape = "related"

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        key = self.model_field.target_field if isinstance(self.model_field, ForeignKey) else self.model_field
        assert key is not None, "bound at registration"
        return Q(**{f"{self.field}__in": [as_key(key, value) for value in as_list(raw, MAX_IDS)]})

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "is_multiple": True}

    def _list_names(self) -> Sequence[str]:
        paths = (self.field, f"{self.field}__id", f"{self.field}__pk")
        return [f"{path}{lookup}" for path in paths for lookup in ("", "__exact", "__in")]


class IdsFilter(RelatedFilter):
    """Primary keys: what every dataset can be narrowed to."""

    shape = "ids"

    def __init__(self) -> None:
        super().__init__("ids", gettext_lazy("Chosen rows"), field="pk")


class SearchFilter(Filter):
    """Every word must be found in one of the fields, as in the admin's search box."""

    shape = "search"

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__("search", gettext_lazy("Search"))
        self.fields = tuple(fields)

    def bind(self, model: type[models.Model]) -> Self:
        for field in self.fields:
            find_field(model, field)
        return self

    def q(self, raw: Any, zone: ZoneInfo) -> Q:
        words = as_text(raw).split()
        if not words or len(words) > MAX_WORDS:
            raise FilterError(_("Give between 1 and %(limit)d words.") % {"limit": MAX_WORDS})
        return reduce(
            and_,
            (reduce(or_, (Q(**{f"{field}__icontains": word}) for field in self.fields)) for word in words),
        )

    def from_list(self, params: ListParams) -> FromList | None:
        texts = params.get("q") or ()
        return FromList(texts[0], frozenset({"q"})) if len(texts) == 1 and texts[0].strip() else None

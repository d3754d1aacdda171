"""Turns the state of an admin list into a dataset's filters, so that a file holds what the list showed."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.translation import gettext as _

from exports.filters import MAX_IDS
from exports.registry import Dataset

# Order, page and popups change what is seen of the rows, not which rows they are.
_NOT_FILTERS = frozenset(
    {"o", "ot", "p", "all", "e", "older", "newer", "_popup", "_to_field", "_facets", "_changelist_filters"}
)


class TooManyRows(ValueError):
    """A filter of the list is unknown to the dataset, and there are too many rows to name one by one."""


class UnknownFilter(ValueError):
    """The address has a filter that neither the dataset nor the list knows."""


def filters_of_list(
    dataset: Dataset, request: HttpRequest, open_list: Callable[[HttpRequest], ChangeList]
) -> dict[str, Any]:
    """The dataset's filters; where the list has one that the dataset lacks, the ids of its rows instead."""
    params = {
        name: [value for value in values if value]
        for name, values in request.GET.lists()
        if name not in _NOT_FILTERS and any(values)
    }
    found = {name: item.from_list(params) for name, item in dataset.filters_by_name.items()}
    understood = {name: item for name, item in found.items() if item is not None}
    left = sorted(set(params).difference(*(item.names for item in understood.values())))
    if not left:
        return {name: item.value for name, item in understood.items()}
    try:
        changelist = open_list(request)
    except IncorrectLookupParameters as error:
        text = _("This list has no filter “%(filters)s”, or not with such a value.")
        raise UnknownFilter(text % {"filters": ", ".join(left)[:100]}) from error
    return {"ids": _ids(changelist, left)}


def _ids(changelist: ChangeList, left: list[str]) -> list[str]:
    ids = [str(key) for key in changelist.queryset.order_by().values_list("pk", flat=True)[: MAX_IDS + 1]]
    if len(ids) > MAX_IDS:
        text = _(
            "With the filter “%(filters)s” at most %(limit)d rows can be exported. Narrow the list or remove that filter."
        )
        raise TooManyRows(text % {"filters": ", ".join(_titles(changelist, left)), "limit": MAX_IDS})
    return ids


def _titles(changelist: ChangeList, names: list[str]) -> list[str]:
    """What people see of the filters that have these parameters, each once."""
    known = {
        name: str(spec.title)
        for spec in changelist.filter_specs
        for name in spec.expected_parameters()
        if name
    }
    return list(dict.fromkeys(known.get(name, name) for name in names))

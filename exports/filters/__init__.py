"""The filters that a dataset can declare."""

from exports.filters.base import Filter, FilterError, FromList
from exports.filters.ranges import RangeFilter
from exports.filters.values import (
    MAX_IDS,
    BooleanFilter,
    ChoiceFilter,
    IdsFilter,
    RelatedFilter,
    SearchFilter,
    TextFilter,
)

__all__ = [
    "MAX_IDS",
    "BooleanFilter",
    "ChoiceFilter",
    "Filter",
    "FilterError",
    "FromList",
    "IdsFilter",
    "RangeFilter",
    "RelatedFilter",
    "SearchFilter",
    "TextFilter",
]

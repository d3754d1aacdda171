"""Long logs are searched by event type: by the types whose names begin so, for an index finds names and no beginnings."""

from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import HttpRequest

from webhooks.catalogue import catalogue

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin as Part
else:
    Part = object


class FindsTypes(Part):
    """The page's `search_fields` names the one column that holds the type."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        begin = search_term.strip().lower()
        if not begin:
            return queryset, False
        [column] = self.search_fields
        names = [one.name for one in catalogue() if one.name.startswith(begin)]
        return queryset.filter(**{f"{column}__in": names}), False

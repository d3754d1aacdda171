"""Pages of a long log, by the edge of the page before: each costs the same, however far back it is.

An offset would read, and throw away, everything that is newer.
"""

import uuid
from typing import TYPE_CHECKING, Any, Final

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.paginator import InfinitePaginator
from unfold.views import ChangeList

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin as Part
else:
    Part = object

OLDER, NEWER = "older", "newer"
EDGES: Final = (OLDER, NEWER)


class LogList(ChangeList):
    """`?older=<id>` shows what is older than that row, `?newer=<id>` what is newer. For lists by descending id only."""

    newer_url = older_url = ""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[Any]:
        # Neither is a filter: a link that changes the filters leads to their first page.
        for name in EDGES:
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        found: QuerySet[Any] = super().get_queryset(request, *args, **options)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """What Django would do, without a count, and without an offset."""
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        self.result_list, has_newer, has_older = self._page(request)
        if has_newer:
            edge = {NEWER: self.result_list[0].pk} if self.result_list else {}
            self.newer_url = self.get_query_string(edge)
        if has_older:
            self.older_url = self.get_query_string({OLDER: self.result_list[-1].pk})
        is_all = not has_newer and not has_older
        self.result_count = len(self.result_list) if is_all else self.paginator.count
        self.full_result_count = None
        self.show_full_result_count = False
        self.show_admin_actions = self.multi_page = True
        self.can_show_all = False

    def _page(self, request: HttpRequest) -> tuple[list[Any], bool, bool]:
        """The rows, and whether there are newer and older ones. One row more than a page tells that there are."""
        newer, older = (_edge(request, name) for name in (NEWER, OLDER))
        if newer is not None:
            rows = list(self.queryset.filter(pk__gt=newer).order_by("pk")[: self.list_per_page + 1])
            if len(rows) > self.list_per_page:
                return rows[: self.list_per_page][::-1], True, True
            older = None  # the first page, and a full one
        found = self.queryset if older is None else self.queryset.filter(pk__lt=older)
        rows = list(found[: self.list_per_page + 1])
        has_older = len(rows) > self.list_per_page
        return rows[: self.list_per_page], older is not None, has_older


def paginator(queryset: QuerySet[Any], per_page: int, *more: Any, **options: Any) -> InfinitePaginator:
    """What the templates ask: no number of pages, and links to the next ones."""
    made = InfinitePaginator(queryset, per_page, *more, **options)
    made.template_name = "admin/log_pages.html"
    return made


def _edge(request: HttpRequest, name: str) -> uuid.UUID | None:
    text = request.GET.get(name)
    try:
        return uuid.UUID(text) if text else None
    except ValueError as error:
        raise IncorrectLookupParameters from error


class CountsFiltered(Part):
    """Says how many rows were found, and offers all of them, only where something was looked for."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        if not found.query and not found.has_active_filters:
            found.full_result_count = found.result_count
        return found

"""Keyset paging: as fast on the last page as on the first, and stable while rows arrive."""

from rest_framework.pagination import CursorPagination

PARAMETERS = ("cursor", "page_size")


class KeysetPagination(CursorPagination):
    """`?cursor=` and `?page_size=` (at most 500), newest first. Ids are time-ordered."""

    ordering = "-id"
    cursor_query_param, page_size_query_param = PARAMETERS
    max_page_size = 500

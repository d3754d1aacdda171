"""What is written into a list's search box, taken over into the file of it."""

from django.utils.translation import gettext_lazy as _

from exports.filters import Filter, FromList
from exports.filters.base import ListParams


class SearchBox(Filter):
    """`field` is only named: what the words mean, `q` says."""

    shape = "search"

    def __init__(self, field: str) -> None:
        super().__init__("search", _("Search"), field=field)

    def from_list(self, params: ListParams) -> FromList | None:
        texts = params.get("q") or ()
        return FromList(texts[0], frozenset({"q"})) if len(texts) == 1 and texts[0].strip() else None

"""Choosing columns: tick them, put them in order, give them other headings, and compute some from others."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from exports.chosen import Entry, expression_of, name_of, title_of
from exports.registry import Dataset


class ColumnsWidget(forms.Widget):
    """Rows of a table; the ticked ones come back in the order in which they stand. Computed ones can be added by script."""

    template_name = "admin/exports/columns.html"

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self.dataset = dataset

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Entry]:
        return [_entry(data, one) for one in data.getlist(name)] if hasattr(data, "getlist") else []

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["rows"] = rows_of(self.dataset, value or ())
        context["widget"]["dataset"] = self.dataset.name
        context["widget"]["blank"] = {"name": "", "heading": "", "is_computed": True}
        context["widget"]["names"] = [
            (column.name, column.heading) for column in self.dataset.columns.values()
        ]
        return context


def _entry(data: Any, name: str) -> Entry:
    given = {"title": data.get(f"title-{name}", ""), "expression": data.get(f"expression-{name}", "")}
    found = {key: text.strip() for key, text in given.items() if text.strip()}
    return {"name": name, **found} if found else name


def rows_of(dataset: Dataset, entries: Sequence[Entry]) -> list[Mapping[str, Any]]:
    """The chosen ones in their order, then the others; what the data no longer has is marked, not dropped."""
    chosen = [_row(dataset, entry, is_on=True) for entry in entries]
    names = {row["name"] for row in chosen}
    return chosen + [_row(dataset, name, is_on=False) for name in dataset.columns if name not in names]


def _row(dataset: Dataset, entry: Entry, *, is_on: bool) -> dict[str, Any]:
    name = name_of(entry)
    own, expression = dataset.columns.get(name), expression_of(entry)
    return {
        "name": name,
        "heading": own.heading if own and not expression else name,
        "title": title_of(entry),
        "expression": expression,
        "is_computed": bool(expression),
        "is_gone": own is None and not expression,
        "is_on": is_on,
    }


class ColumnsField(forms.Field):
    """Entries as in exports/chosen.py; the request's own check says what is wrong with them."""

    default_error_messages = {"required": _("Choose at least one column.")}

    def __init__(self, dataset: Dataset) -> None:
        super().__init__(label=_("Columns"), widget=ColumnsWidget(dataset))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])

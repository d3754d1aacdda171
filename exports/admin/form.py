"""What a person chooses before an export: the format, its options, the columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from exports.admin.columns import ColumnsField
from exports.formats import COMMON, FORMATS, Format, Option
from exports.refusals import InvalidRequest
from exports.registry import Dataset

# Begins the names of fields that are asked for every format.
ANY = "any"


def _field(option: Option) -> forms.Field:
    if option.choices:
        return forms.ChoiceField(
            label=str(option.title), choices=option.choices, required=False, widget=UnfoldAdminSelectWidget
        )
    if option.secret is not None:
        return forms.CharField(
            label=str(option.title),
            help_text=str(option.help),
            required=False,
            strip=False,
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        )
    return forms.IntegerField(
        label=str(option.title),
        min_value=1,
        max_value=option.largest,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )


def _name(format: Format, option: Option) -> str:
    return f"{ANY if option in COMMON else format.name}_{option.name}"


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=_("Format"), widget=UnfoldAdminRadioSelectWidget)

    def __init__(
        self,
        dataset: Dataset,
        data: Any = None,
        start: Mapping[str, Any] | None = None,
        places: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`start` is what the form begins with, as `Export.asked()` has it; `places` are ids and names of destinations."""
        super().__init__(data)
        start = start or {}
        fields: dict[str, Any] = self.fields
        fields["format"].choices = [(item.name, item.title) for item in FORMATS.values()]
        self.fields["format"].initial = start.get("format") or next(iter(FORMATS))
        self.fields["columns"] = ColumnsField(dataset)
        self.fields["columns"].initial = list(start.get("columns") or dataset.default_columns)
        if places:
            self.fields["destinations"] = forms.MultipleChoiceField(
                label=_("Carry it to"),
                choices=places,
                required=False,
                widget=UnfoldAdminCheckboxSelectMultipleWidget,
            )
        for chosen in FORMATS.values():
            for option in chosen.options:
                if option not in COMMON:
                    self.fields[_name(chosen, option)] = _field(option)
        for option in COMMON:
            self.fields[f"{ANY}_{option.name}"] = _field(option)
        for option in FORMATS[fields["format"].initial].options:
            name = ANY if option in COMMON else fields["format"].initial
            self.fields[f"{name}_{option.name}"].initial = start.get("options", {}).get(option.name)

    def refuse(self, error: InvalidRequest) -> None:
        """Beside the part that it is about, an option under its own field."""
        chosen = FORMATS[self.cleaned_data["format"]]
        options = {f"options.{option.name}": _name(chosen, option) for option in chosen.options}
        if error.field in options:
            self.add_error(options[error.field], error.message)
            return
        part, _dot, rest = error.field.partition(".")
        text = f"{rest}: {error.message}" if rest else error.message
        if part.startswith("columns"):
            self.add_error("columns", text)
        else:
            self.add_error(part if part in self.fields else None, text)

    def asked(self) -> dict[str, Any]:
        """The form's part of an ExportRequest."""
        chosen = FORMATS[self.cleaned_data["format"]]
        given = {option.name: self.cleaned_data[_name(chosen, option)] for option in chosen.options}
        return {
            "format": chosen.name,
            "columns": self.cleaned_data["columns"],
            "options": {name: str(value) for name, value in given.items() if value},
        }

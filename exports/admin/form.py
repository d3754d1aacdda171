"""What a person chooses before an export: the format, its options, the columns."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
)

from exports.formats import COMMON, FORMATS, Option
from exports.registry import Dataset

# Begins the names of fields that are asked for every format.
ANY = "any"


def _field(option: Option) -> forms.Field:
    if option.choices:
        return forms.ChoiceField(
            label=str(option.title), choices=option.choices, required=False, widget=UnfoldAdminSelectWidget
        )
    return forms.IntegerField(
        label=str(option.title),
        min_value=1,
        max_value=option.largest,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget,
    )


class ExportForm(forms.Form):
    format = forms.ChoiceField(label=_("Format"), widget=UnfoldAdminRadioSelectWidget)
    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": _("Choose at least one column.")},
    )

    def __init__(self, dataset: Dataset, data: Any = None) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["format"].choices = [(item.name, item.title) for item in FORMATS.values()]
        self.fields["format"].initial = next(iter(FORMATS))
        fields["columns"].choices = [(name, column.heading) for name, column in dataset.columns.items()]
        self.fields["columns"].initial = dataset.default_columns
        for chosen in FORMATS.values():
            for option in chosen.options:
                if option not in COMMON:
                    self.fields[f"{chosen.name}_{option.name}"] = _field(option)
        for option in COMMON:
            self.fields[f"{ANY}_{option.name}"] = _field(option)

    def asked(self) -> dict[str, Any]:
        """The form's part of an ExportRequest."""
        chosen = FORMATS[self.cleaned_data["format"]]
        given = {
            option.name: self.cleaned_data[f"{ANY if option in COMMON else chosen.name}_{option.name}"]
            for option in chosen.options
        }
        return {
            "format": chosen.name,
            "columns": self.cleaned_data["columns"],
            "options": {name: str(value) for name, value in given.items() if value},
        }

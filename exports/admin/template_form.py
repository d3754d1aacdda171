"""The form of a template's page: that of an export, with a name, a language, and the filters that stay."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from exports.admin.form import ExportForm
from exports.admin.progress import filters_in_words
from exports.chosen import Entry
from exports.models import ExportTemplate
from exports.refusals import InvalidRequest
from exports.registry import Dataset


class TemplateForm(ExportForm):
    name = forms.CharField(label=_("Name"), max_length=100, widget=UnfoldAdminTextInputWidget)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("of whoever asks")), *settings.LANGUAGES],
        widget=UnfoldAdminSelectWidget,
    )
    kept_filters = forms.MultipleChoiceField(
        label=_("Filters"), required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(self, dataset: Dataset, data: Any = None, template: ExportTemplate | None = None) -> None:
        super().__init__(dataset, data, template.asked() if template else None)
        self._filters = dict(template.filters) if template else {}
        kept: Any = self.fields["kept_filters"]
        kept.choices = [
            (name, " ".join(filters_in_words(dataset.name, {name: value})))
            for name, value in self._filters.items()
        ]
        kept.initial = list(self._filters)
        if template is not None:
            self.fields["name"].initial = template.name
            self.fields["language"].initial = template.language

    def chosen_columns(self) -> list[Entry]:
        """As they were sent, whatever else of the form is wrong."""
        field = self.fields["columns"]
        entries: list[Entry] = field.widget.value_from_datadict(self.data, {}, "columns")
        return entries

    def values(self) -> dict[str, Any]:
        """What the template becomes."""
        return {
            **self.asked(),
            "name": self.cleaned_data["name"],
            "language": self.cleaned_data["language"],
            "filters": {name: self._filters[name] for name in self.cleaned_data["kept_filters"]},
        }

    def take_errors(self, error: ValidationError) -> None:
        """The row's, each beside the part that it is about."""
        for name, texts in error.message_dict.items():
            # That the name is taken is all that the whole row can be told.
            field = "name" if name == NON_FIELD_ERRORS else name
            for text in texts:
                self.refuse(InvalidRequest(field, text))

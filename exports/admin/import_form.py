"""What a person chooses before an import: the file, and what to do with its rows."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget

from exports.models import ImportMode


class ImportForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
        help_text=_("CSV or Excel (.xlsx); the first row holds the headings."),
    )
    mode = forms.ChoiceField(
        label=_("What to do"),
        choices=ImportMode.choices,
        initial=ImportMode.UPSERT,
        widget=UnfoldAdminRadioSelectWidget,
    )

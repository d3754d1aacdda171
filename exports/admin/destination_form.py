"""The form of a destination's page: the kind's own fields beside those that all kinds have."""

from copy import deepcopy
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from exports.actions.save_destination import check_destination
from exports.destinations import KINDS
from exports.destinations.forms import LinesField, SecretField
from exports.models import ExportDestination
from tenants.scoping import current_tenant_id

SETTINGS, CREDENTIALS = "settings__", "credentials__"
STORED = _("•••••• is stored; leave empty to keep it")


class DestinationForm(forms.ModelForm[ExportDestination]):
    """`kind` is set on the class that `form_for` makes. Whether values are right is said by the action that saves them."""

    kind: str

    class Meta:
        model = ExportDestination
        fields = ("name", "file_name", "is_enabled")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        row, form = self.instance, KINDS[self.kind].form
        if row._state.adding:
            row.kind, row.tenant_id = self.kind, cast(int, current_tenant_id())
        for name in form.settings():
            shown = row.settings.get(name, form.base_fields[name].initial)
            self.initial.setdefault(SETTINGS + name, "\n".join(shown) if isinstance(shown, list) else shown)
        for name in row.credentials:
            if CREDENTIALS + name in self.fields:
                self.fields[CREDENTIALS + name].widget.attrs["placeholder"] = STORED

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        form = KINDS[self.kind].form
        settings = {name: self.cleaned_data.get(SETTINGS + name) for name in form.settings()}
        credentials = {name: self.cleaned_data.get(CREDENTIALS + name) or "" for name in form.secrets()}
        return {
            "name": self.cleaned_data.get("name", ""),
            "file_name": self.cleaned_data.get("file_name", ""),
            # Empty lines are left out, so that a required one is asked for.
            "settings": {name: value for name, value in settings.items() if value not in (None, "")},
            "credentials": credentials,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        row = self.instance
        stored = row if row._state.adding else ExportDestination.objects.get(pk=row.pk)
        try:
            check_destination(stored, **self.values())
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                shown = name.replace(".", "__")
                if shown not in self.errors:
                    self.add_error(shown if shown in self.fields else None, messages)
        return cleaned


def form_for(kind: str) -> type[DestinationForm]:
    form = KINDS[kind].form
    declared = {
        (CREDENTIALS if name in form.secrets() else SETTINGS) + name: _shown(field)
        for name, field in form.base_fields.items()
    }
    return type("KindDestinationForm", (DestinationForm,), {**declared, "kind": kind})


def fields_for(kind: str) -> list[str]:
    form = KINDS[kind].form
    return [(CREDENTIALS if name in form.secrets() else SETTINGS) + name for name in form.base_fields]


def _shown(field: forms.Field) -> forms.Field:
    """The same field with the admin's looks; what is wrong with its value is said once, by the kind's form."""
    if isinstance(field, LinesField):
        shown: forms.Field = forms.CharField(widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
    elif isinstance(field, SecretField):
        shown = forms.CharField(strip=False, widget=_secret_widget(field))
    elif isinstance(field, forms.ChoiceField):
        shown = forms.ChoiceField(choices=field.choices, widget=UnfoldAdminSelectWidget())
    elif isinstance(field, forms.BooleanField):
        shown = forms.BooleanField(widget=UnfoldBooleanSwitchWidget())
    elif isinstance(field, forms.IntegerField):
        shown = forms.IntegerField(widget=UnfoldAdminIntegerFieldWidget())
    else:
        shown = forms.CharField(widget=_text_widget(field))
    shown.label, shown.help_text = field.label, field.help_text
    # What has a usual value may be left empty; secrets that are needed are asked for by the kind's form.
    shown.required = field.required and field.initial is None and not isinstance(field, forms.BooleanField)
    shown.initial = deepcopy(field.initial)
    return shown


def _secret_widget(field: forms.Field) -> forms.Widget:
    if isinstance(field.widget, forms.Textarea):
        return UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"})
    return UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


def _text_widget(field: forms.Field) -> forms.Widget:
    if isinstance(field.widget, forms.Textarea):
        return UnfoldAdminTextareaWidget(attrs={"rows": 2, "spellcheck": "false"})
    return UnfoldAdminTextInputWidget()

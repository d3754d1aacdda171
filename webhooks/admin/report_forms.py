"""The form of a report's page."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
)

from tenants.admin.inputs import AddressLines, ClockInput
from tenants.figures import sections
from webhooks.admin.forms import OwnedForm
from webhooks.models import Endpoint, Report, Weekday


class ReportForm(OwnedForm):
    sections = forms.MultipleChoiceField(
        label=_("Parts"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("None chosen means all, also those to come."),
    )
    endpoints = forms.MultipleChoiceField(
        label=_("Endpoints"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_(
            "Chats and receivers that get this report, beside those that subscribe to report.daily or report.weekly."
        ),
    )
    addresses = AddressLines(label=_("E-mail"), required=False, help_text=_("Addresses, one a line."))
    weekday = forms.TypedChoiceField(
        label=_("On"), choices=Weekday.choices, coerce=int, initial=1, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = Report
        fields = (
            *("name", "rhythm", "at", "weekday", "sections", "endpoints", "addresses"),
            *("skips_quiet", "is_enabled"),
        )
        widgets = {"at": ClockInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parts, named = self.fields.get("sections"), self.fields.get("endpoints")
        if parts is not None:
            parts.choices = [(one.name, one.title) for one in sections()]  # type: ignore[attr-defined]
        if named is not None:
            found = Endpoint.objects.order_by("name").values_list("id", "name")
            named.choices = [(str(id_), name) for id_, name in found]  # type: ignore[attr-defined]
            # What is gone meanwhile must not keep the form from being saved.
            known = {value for value, _label in named.choices}  # type: ignore[attr-defined]
            stored = list(self.instance.endpoints or [])
            self.initial["endpoints"] = [one for one in stored if one in known]

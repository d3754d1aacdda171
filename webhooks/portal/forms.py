"""What an outside developer may enter."""

import json
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from webhooks.actions.send_test import Sample, sample_of
from webhooks.catalogue import subscribable
from webhooks.matching import Patterns
from webhooks.models import Endpoint

_MOMENT: Final = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class RangeForm(forms.Form):
    since = forms.DateTimeField(label=_("From (UTC)"), widget=_MOMENT)
    until = forms.DateTimeField(label=_("To (UTC)"), widget=_MOMENT)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["since"] >= cleaned["until"]:
            raise ValidationError(_("The beginning must be before the end."))
        return cleaned


class OverlapForm(forms.Form):
    overlap_hours = forms.TypedChoiceField(
        label=_("The old secret stays valid"),
        coerce=int,
        initial=24,
        choices=[(24, _("24 hours")), (1, _("1 hour")), (72, _("3 days")), (168, _("7 days"))],
    )


class TestForm(forms.Form):
    """Only types that the endpoint gets: others are none of its developer's business."""

    type = forms.ChoiceField(label=_("Event"), required=False)
    data = forms.CharField(  # type: ignore[assignment]  # a field; its name is one of the form's own attributes
        label=_("Data, as JSON"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("Empty for the example of this type."),
    )
    sample: Sample | None = None

    def __init__(self, endpoint: Endpoint, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanted = Patterns(endpoint.events)
        types = [(one.name, f"{one.name} — {one.title}") for one in subscribable() if wanted.match(one.name)]
        self.fields["type"].choices = [("", "webhook.test"), *types]  # type: ignore[attr-defined]

    def clean_data(self) -> dict[str, Any] | None:
        text = self.cleaned_data["data"].strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("This is not JSON.")) from error
        if not isinstance(found, dict):
            raise ValidationError(_("The data of an event is an object."))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("data") and not cleaned.get("type"):
            self.add_error("type", _("Choose the event that these data belong to."))
        elif cleaned.get("type") and "data" in cleaned:
            self.sample = sample_of(cleaned["type"], cleaned["data"])
        return cleaned

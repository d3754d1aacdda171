"""The forms of the endpoint's page, and what all forms of this room share."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from tenants.events import event_types
from tenants.scoping import current_tenant_id
from webhooks.headers import clean_headers
from webhooks.matching import EVERYTHING, known_patterns
from webhooks.models import Endpoint
from webhooks.signing import BadSecret, signing_key

Choice = tuple[str, str | Promise]


def event_choices(stored: list[str]) -> list[tuple[str, list[Choice]]]:
    """Checkboxes by group, wildcard first; stored types that no app declares any more stay visible."""
    titles = {one.name: one.title for one in event_types()}
    groups: dict[str, list[Choice]] = {translated("Everything"): [(EVERYTHING, _("* — every event"))]}
    for pattern in known_patterns()[1:]:
        group = groups.setdefault(pattern.partition(".")[0], [])
        title = translated("all of this group") if pattern.endswith(".*") else titles[pattern]
        group.append((pattern, f"{pattern} — {title}"))
    offered = {value for choices in groups.values() for value, _label in choices}
    odd = [pattern for pattern in stored if pattern not in offered]
    if odd:
        groups[translated("Others")] = [(pattern, pattern) for pattern in odd]
    return list(groups.items())


class EventBoxes(UnfoldAdminCheckboxSelectMultipleWidget):
    template_name = "webhooks/event_boxes.html"  # forms find templates in apps only


class HeaderLines(forms.CharField):
    """Extra headers as people write them: one `Name: value` a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "X-Shop: 7"})

    def prepare_value(self, value: Any) -> Any:
        return (
            "\n".join(f"{name}: {inner}" for name, inner in value.items())
            if isinstance(value, dict)
            else value
        )

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        for line in lines:
            if ":" not in line:
                raise ValidationError(
                    _("“%(line)s” is not of the form Name: value."), params={"line": line[:50]}
                )
        pairs = (line.partition(":") for line in lines)
        return clean_headers({name.strip(): value.strip() for name, _colon, value in pairs})

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial or {}).split() != str(data or "").split())


class OwnedForm(forms.ModelForm[Any]):
    """Also checks what must be unique within the company, which no form asks for."""

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"tenant"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        self.instance.tenant_id = self.instance.tenant_id or current_tenant_id()
        super()._post_clean()  # type: ignore[misc]


class EndpointForm(OwnedForm):
    events = forms.MultipleChoiceField(
        label=_("Events"),
        widget=EventBoxes,
        help_text=_("Types that join a chosen group later are sent too."),
    )
    headers = HeaderLines(
        label=_("Extra headers"),
        required=False,
        help_text=_("One a line, such as X-Shop: 7. Everybody here can read them: no passwords."),
    )
    secret = forms.CharField(
        label=_("Own secret"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "placeholder": "whsec_…"}),
        help_text=_("Leave empty to have one made. It is shown once, after saving."),
    )

    class Meta:
        model = Endpoint
        fields = ("name", "url", "events", "description", "format", "timeout", "headers")
        widgets = {"url": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "events" in self.fields:
            self.fields["events"].choices = event_choices(self.instance.events)  # type: ignore[attr-defined]

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        if secret:
            try:
                signing_key(secret)
            except BadSecret as error:
                raise ValidationError(str(error)) from error
        return secret


class RotationForm(forms.Form):
    """For how long the old secret signs beside the new one."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The old secret stays valid"),
        coerce=int,
        initial=24,
        choices=[
            (24, _("24 hours")),
            (1, _("1 hour")),
            (72, _("3 days")),
            (168, _("7 days")),
            (0, _("not at all: it may be in wrong hands")),
        ],
        widget=UnfoldAdminSelectWidget,
    )


class TestForm(forms.Form):
    message = forms.CharField(
        label=_("Message"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("It works.")}),
    )

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

from tenants.scoping import current_tenant_id
from webhooks.actions.send_test import sample_of
from webhooks.admin.format_fields import FormatFields
from webhooks.admin.json_fields import IndentedJSON
from webhooks.admin.proof_fields import ProofFields
from webhooks.catalogue import catalogue, subscribable
from webhooks.filters import clean_filter
from webhooks.headers import clean_headers
from webhooks.matching import EVERYTHING, known_patterns
from webhooks.models import Endpoint
from webhooks.schemes import check_new_secret
from webhooks.signing import BadSecret

Choice = tuple[str, str | Promise]


def event_choices(stored: list[str]) -> list[tuple[str, list[Choice]]]:
    """Checkboxes by group, wildcard first; stored types that nobody declares any more stay visible."""
    entries = catalogue()
    titles = {one.name: one.title for one in entries}
    own = [one.name for one in entries if one.is_own]
    groups: dict[str, list[Choice]] = {translated("Everything"): [(EVERYTHING, _("* — every event"))]}
    for pattern in known_patterns(own)[1:]:
        group = groups.setdefault(pattern.partition(".")[0], [])
        title = translated("all of this group") if pattern.endswith(".*") else titles[pattern]
        group.append((pattern, f"{pattern} — {title}"))
    offered = {value for choices in groups.values() for value, _label in choices}
    odd = [pattern for pattern in stored if pattern not in offered]
    if odd:
        groups[translated("Others")] = [(pattern, pattern) for pattern in odd]
    return list(groups.items())


class EventBoxes(UnfoldAdminCheckboxSelectMultipleWidget):
    """Groups that fold, because there are many; those open from which something is chosen."""

    template_name = "webhooks/event_boxes.html"  # forms find templates in apps only

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["groups"] = [
            {
                "title": title,
                "options": options,
                "chosen": sum(bool(one["selected"]) for one in options),
                "is_alone": len(options) == 1,
            }
            for title, options, _index in context["widget"]["optgroups"]
        ]
        return context


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


class EndpointForm(FormatFields, ProofFields, OwnedForm):
    events = forms.MultipleChoiceField(
        label=_("Events"),
        widget=EventBoxes,
        help_text=_("Types that join a chosen group later are sent too."),
    )
    filter = IndentedJSON(
        label=_("Filter"),
        required=False,
        rows=4,
        help_text=_(
            "Conditions on the body, such as {“data.direction”: “in”}, in JSON with straight quotation marks. Empty for all events. Try it with the button above."
        ),
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
        fields = (
            "name",
            "url",
            "events",
            "filter",
            "description",
            "format",
            "template",
            "timeout",
            "retries",
            "headers",
            "proxy",
            "rate_limit",
            "rate_period",
            "concurrency",
            "ordering_mode",
            "ordering_key",
            "on_failure",
            "batch_size",
        )
        widgets = {"url": UnfoldAdminTextInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Left out, they are as usual.
        for name in {"rate_period", "ordering_mode", "on_failure", "batch_size"} & set(self.fields):
            self.fields[name].required = False
        if "events" in self.fields:
            self.fields["events"].choices = event_choices(self.instance.events)  # type: ignore[attr-defined]
        self.show_stored(self.instance.options, self.instance.signing)
        self.show_proof(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.options = self.options_given(cleaned)
        self.instance.signing = self.signing_given(cleaned)
        self.take_proof(cleaned, self.instance)
        cleaned["proxy"] = self.proof_proxy(cleaned, self.instance)
        if cleaned.get("secret") and not self.errors:
            try:
                check_new_secret(self.instance.signing, cleaned["secret"])
            except BadSecret as error:
                self.add_error("secret", str(error))
        return cleaned

    def _update_errors(self, errors: ValidationError) -> None:
        """The row knows fields that are several, or none, here."""
        if hasattr(errors, "error_dict"):
            for name, shown in (
                ("options", "format"),
                ("signing", "scheme"),
                ("auth", "auth_kind"),
                ("tls", "tls_ca"),
            ):
                if name in errors.error_dict:
                    errors.error_dict[shown] = errors.error_dict.pop(name)
        super()._update_errors(errors)  # type: ignore[misc]  # Django's own, not in the stubs


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
    type = forms.ChoiceField(label=_("Event to show"), required=False, widget=UnfoldAdminSelectWidget)
    data = IndentedJSON(  # type: ignore[assignment]  # a field, as everywhere; its name is one of the form's own attributes
        label=_("Data"), required=False, rows=10, help_text=_("Empty for the example of this type.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = [(one.name, f"{one.name} — {one.title}") for one in subscribable()]
        self.fields["type"].choices = [("", _("Its own: webhook.test")), *types]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.sample = None
        if cleaned.get("type") and "data" in cleaned:
            data = cleaned["data"]
            if not isinstance(data, dict):
                self.add_error("data", _("The data of an event is an object."))
            else:
                self.sample = sample_of(cleaned["type"], data or None)
        return cleaned


class FilterForm(forms.Form):
    """A filter to be tried on what happened."""

    filter = IndentedJSON(label=_("Filter"), required=False, rows=8)
    type = forms.ChoiceField(label=_("Events"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = [(one.name, f"{one.name} — {one.title}") for one in subscribable()]
        self.fields["type"].choices = [("", _("the newest of all its types")), *types]  # type: ignore[attr-defined]

    def clean_filter(self) -> dict[str, Any]:
        return clean_filter(self.cleaned_data["filter"])

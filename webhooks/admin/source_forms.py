"""The forms of the source's page."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from webhooks.admin.forms import OwnedForm, RotationForm
from webhooks.models import Source
from webhooks.presets import PRESETS, BadOption
from webhooks.presets.options import OPTIONS
from webhooks.presets.schemes.comparing import ENCODINGS

FIELD_HINTS = {
    "header": _(
        "Such as X-Signature. A token needs none: without a header it is expected in the URL, as ?token=…"
    ),
    "prefix": _("What stands before the value in that header, such as sha256= or Bearer and a space."),
    "event_field": _("Where the body names the event, such as type or data.event."),
    "networks": _(
        "Networks from which the sender calls, with commas between them. Leave empty for those that it publishes."
    ),
    "id_field": _("Where the body has an identifier by which repeats are recognised, such as id."),
}


def _secret_field(help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=_("Secret"),
        required=False,
        strip=True,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=help_text,
    )


class SourceForm(OwnedForm):
    """Options are fields of their own here, shown for the presets that have them."""

    preset = forms.ChoiceField(label=_("Sender"), widget=UnfoldAdminSelectWidget)
    secret = _secret_field(
        _(
            "Copy it from the sender. Where you may choose it yourself, leave this empty: one is made and shown once."
        )
    )
    header = forms.CharField(
        label=_("Header"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=FIELD_HINTS["header"],
    )
    prefix = forms.CharField(  # type: ignore[assignment]
        label=_("Before the value"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=FIELD_HINTS["prefix"],
    )
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[(name, name) for name in ENCODINGS],
        widget=UnfoldAdminSelectWidget,
    )
    event_field = forms.CharField(
        label=_("Event in the body"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=FIELD_HINTS["event_field"],
    )
    id_field = forms.CharField(
        label=_("Identifier in the body"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=FIELD_HINTS["id_field"],
    )

    networks = forms.CharField(
        label=_("Networks"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=FIELD_HINTS["networks"],
    )

    class Meta:
        model = Source
        fields: ClassVar[Any] = ("name", "preset", "description", "tolerance", "is_enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "preset" in self.fields:
            self.fields["preset"].choices = [(one.name, one.title) for one in PRESETS.values()]  # type: ignore[attr-defined]
            self.fields["preset"].disabled = not self.instance._state.adding
        for name in OPTIONS:
            if name in self.fields:
                self.initial[name] = self.instance.options.get(name, "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = PRESETS.get(cleaned.get("preset", ""))
        if chosen is None:
            return cleaned
        options = {name: cleaned.get(name, "") for name in chosen.options}
        try:
            self.instance.options = chosen.clean_options(options)
        except BadOption as error:
            self.add_error(error.name if error.name in self.fields else None, str(error))
        if "secret" in self.fields and "secret" in cleaned:
            try:
                self.made_secret = None if cleaned["secret"] else chosen.new_secret()
                cleaned["secret"] = chosen.clean_secret(self.made_secret or cleaned["secret"])
            except BadOption as error:
                self.add_error("secret", str(error))
        return cleaned

    def _post_clean(self) -> None:
        """The model would name its own fields, `options` and `secret`, for what was told above."""
        if not self.errors:
            super()._post_clean()


class SourceSecretForm(RotationForm):
    """The new secret, and for how long the former one is accepted beside it."""

    secret = _secret_field(_("Leave it empty to have one made, where the sender lets you choose it."))
    field_order = ("secret", "overlap_hours")

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sender = source.sender

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        try:
            return self._sender.clean_secret(secret or self._sender.new_secret()) if secret else self._empty()
        except BadOption as error:
            raise ValidationError(str(error)) from error

    def _empty(self) -> str:
        self._sender.new_secret()  # says why, where none can be made
        return ""

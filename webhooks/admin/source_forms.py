"""The forms of the source's page."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from webhooks.admin.forms import OwnedForm, RotationForm
from webhooks.admin.source_fields import Lines, option_fields, secret_field, sender_choices
from webhooks.models import Intake, Source
from webhooks.presets import PRESETS, BadOption
from webhooks.presets.options import OPTIONS

DECLARED: Any = option_fields()


class SourceForm(OwnedForm):
    """Options are fields of their own here, shown for the presets that have them."""

    preset = forms.ChoiceField(label=_("Sender"), widget=UnfoldAdminSelectWidget)
    secret = secret_field(
        _(
            "Copy it from the sender. Where you may choose it yourself, leave this empty: one is made and shown once."
        )
    )
    locals().update(DECLARED)
    expected = Lines(
        label=_("Expected events"),
        help_text=_(
            "One a line, as the sender writes them; a star at the end stands for any rest, such as orders/*."
        ),
    )
    relay_headers = Lines(
        label=_("Headers handed on"),
        help_text=_("Names of the sender's headers that subscribers see, such as x-shopify-shop-domain."),
        rows=2,
    )

    class Meta:
        model = Source
        fields: ClassVar[Any] = (
            "name",
            "preset",
            "description",
            "tolerance",
            "is_enabled",
            "intake",
            "expected",
            "relay",
            "relay_headers",
            "relay_original",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "intake" in self.fields:
            self.fields["intake"].required = False
        if "preset" in self.fields:
            self.fields["preset"].choices = sender_choices()  # type: ignore[attr-defined]
            self.fields["preset"].disabled = not self.instance._state.adding
        for name in OPTIONS:
            if name in self.fields:
                self.initial[name] = self.instance.options.get(name, "")

    def clean_intake(self) -> str:
        return self.cleaned_data["intake"] or Intake.ALL

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
            return cleaned
        if "secret" in self.fields and "secret" in cleaned:
            try:
                self.made_secret = None if cleaned["secret"] else chosen.new_secret()
                given = self.made_secret or cleaned["secret"]
                cleaned["secret"] = chosen.clean_secret(given, self.instance.options)
            except BadOption as error:
                self.add_error("secret", str(error))
        return cleaned

    def _post_clean(self) -> None:
        """The model would name its own fields, `options` and `secret`, for what was told above."""
        if not self.errors:
            super()._post_clean()


class SourceSecretForm(RotationForm):
    """The new secret, and for how long the former one is accepted beside it."""

    secret = secret_field(_("Leave it empty to have one made, where the sender lets you choose it."))
    field_order = ("secret", "overlap_hours")

    def __init__(self, *args: Any, source: Source, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = source

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        sender = self._source.sender
        try:
            if secret:
                return sender.clean_secret(secret, self._source.options)
            sender.new_secret()  # says why, where none can be made
        except BadOption as error:
            raise ValidationError(str(error)) from error
        return ""

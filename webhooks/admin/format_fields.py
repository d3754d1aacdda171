"""How the request looks and is signed, as fields of a form, each shown where it matters."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from webhooks.formats.registry import FORMATS, OPTIONS, clean_options
from webhooks.schemes import ASYMMETRIC, OF_STANDARD, SCHEMES, STANDARD, clean_signing
from webhooks.schemes import OPTIONS as SIGNING

PREFIX: Final = "sign_"
SCHEME_TITLES: Final[Mapping[str, str | Promise]] = {
    STANDARD: "Standard Webhooks",
    ASYMMETRIC: _("Standard Webhooks with a public key (v1a)"),
    "github": _("like GitHub: sha256= over the body"),
    "stripe": _("like Stripe: time and body"),
    "shopify": _("like Shopify: base64 over the body"),
    "token": _("the secret itself in a header"),
    "custom": _("other signature"),
    "none": _("not at all"),
}


def _line(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        strip=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=help_text,
    )


def _choice(label: Any, *values: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[(one, one) for one in values],
        widget=UnfoldAdminSelectWidget,
    )


class FormatFields(forms.Form):
    """Mixed into the endpoint's form; fills `options` and `signing` of its row."""

    template = forms.CharField(
        label=_("Template"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false", "class": "wh-code"}),
        help_text=_(
            "Empty for a short message of its own. Such as: {{ title }}: {{ data.client.number }}{% if data.talk_seconds %}, {{ data.talk_seconds }} s{% endif %}"
        ),
    )
    chat_id = _line(_("Chat"), _("Such as -1001234567890 or @channel."))
    thread_id = _line(_("Topic"), _("The number of a topic in a group with topics."))
    source = _line(_("Source of CloudEvents"), _("Empty for the address of this installation."))
    keep_headers = _line(
        _("Headers of the sender"),
        _("Names with commas between them, of those that the source hands on, such as x-shopify-topic."),
    )
    scheme = forms.ChoiceField(
        label=_("Signature"),
        required=False,
        choices=[(name, SCHEME_TITLES[name]) for name in SCHEMES],
        widget=UnfoldAdminSelectWidget,
        help_text=_("How the receiver finds out that it was us."),
    )
    sign_header = _line(_("Header"), _("Empty for the scheme's usual one."))
    sign_value = _line(
        _("Value of the header"),
        _(
            "With {signature}, or {signatures} while several secrets are valid; {timestamp} and {id} if wanted."
        ),
    )
    sign_entry = _line(_("Each of several signatures"), _("With {signature}, such as v1={signature}."))
    sign_signed = _line(
        _("What is signed"), _("With {body}, {timestamp} and {id}, such as {timestamp}.{body}.")
    )
    sign_algorithm = _choice(_("Algorithm"), "sha256", "sha1", "sha384", "sha512")
    sign_encoding = _choice(_("Encoding"), "hex", "base64")
    sign_key = _choice(_("Key"), "text", "base64")

    def show_stored(self, options: Mapping[str, str], signing: Mapping[str, str]) -> None:
        for name in OPTIONS:
            self.initial[name] = options.get(name, "")
        self.initial["scheme"] = signing.get("scheme", STANDARD)
        for name in SIGNING:
            self.initial[PREFIX + name] = signing.get(name, "")

    def options_given(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        """What was typed for the chosen format; complaints go to their fields."""
        kind = FORMATS.get(cleaned.get("format", ""))
        if kind is None:
            return {}
        given = {name: str(cleaned.get(name, "")).strip() for name in kind.options}
        try:
            return clean_options(cleaned["format"], given)
        except ValidationError as error:
            self._complain((error.params or {}).get("name", ""), error)
            return {}

    def signing_given(self, cleaned: Mapping[str, Any]) -> dict[str, str]:
        scheme = cleaned.get("scheme") or STANDARD
        kind = FORMATS.get(cleaned.get("format", ""))
        if kind is not None and kind.is_chat:
            return {}
        names = SIGNING if scheme == "custom" else ("header", "value") if scheme == "token" else ("header",)
        given = (
            {}
            if scheme in (*OF_STANDARD, "none")
            else {name: cleaned.get(PREFIX + name, "") for name in names}
        )
        try:
            return clean_signing({"scheme": scheme, **given})
        except ValidationError as error:
            self._complain(PREFIX + (error.params or {}).get("name", ""), error)
            return {}

    def _complain(self, field: str, error: ValidationError) -> None:
        self.add_error(field if field in self.fields else "format", error.messages[0])


def shown_when() -> dict[str, str]:
    """For each field, the condition under which it is shown, in the language of the form's script."""

    def formats(wanted: Any) -> str:
        return " || ".join(f"format == '{name}'" for name, kind in FORMATS.items() if wanted(kind)) or "false"

    signed = f"!({formats(lambda kind: kind.is_chat)})"
    has_header = " && ".join(f"scheme != '{name}'" for name in (*OF_STANDARD, "none"))
    custom = f"{signed} && scheme == 'custom'"
    return {
        "template": formats(lambda kind: kind.escape is not None),
        **{name: formats(lambda kind, name=name: name in kind.options) for name in OPTIONS},
        "scheme": signed,
        PREFIX + "header": f"{signed} && {has_header}",
        PREFIX + "value": f"{signed} && (scheme == 'custom' || scheme == 'token')",
        **{PREFIX + name: custom for name in SIGNING if name not in ("header", "value")},
    }

"""The fields of a source's form: one for each option of presets, and lists that are written a name a line."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from webhooks.presets import PRESETS, Kind
from webhooks.presets.options import OPTIONS
from webhooks.presets.schemes import signed, web_token
from webhooks.presets.schemes.comparing import ENCODINGS

Text = Any  # a text, or one that is translated when it is shown
LABELS: Final[Mapping[str, tuple[Text, Text]]] = {
    "header": (
        _("Header"),
        _("Such as X-Signature. A token needs none: without a header it is expected in the URL, as ?token=…"),
    ),
    "prefix": (
        _("Before the value"),
        _("What stands before the value in that header, such as sha256= or Bearer and a space."),
    ),
    "algorithm": (_("Algorithm"), _("Only this one is taken, whatever a request says.")),
    "encoding": (_("Encoding"), ""),
    "key": (_("The secret is"), _("How the key is written: as text, or as base64 or hex of its bytes.")),
    "signed": (
        _("What is signed"),
        _(
            "A pattern such as {timestamp}.{body}; empty for the body alone. Also {id}, {method}, {url}, {path}, {query},"
            " {body_sha256} and {sorted_form}."
        ),
    ),
    "timestamp_header": (_("Header with the time"), _("Its value is the {timestamp} of what is signed.")),
    "timestamp_unit": (_("The time is in"), ""),
    "id_header": (
        _("Header with the identifier"),
        _("Its value is the {id} of what is signed; a repeat has the same."),
    ),
    "pairs": (
        _("Names in the header"),
        _("For a header such as t=…,v1=…: the name of the time and that of the signatures, such as t,v1."),
    ),
    "issuer": (_("Issuer"), _("What “iss” of the token must be.")),
    "audience": (_("Audience"), _("What “aud” of the token must contain.")),
    "body_claim": (
        _("Claim with the body's digest"),
        _(
            "Name of the claim that holds SHA-256 of the body. Without one, the token does not protect the body."
        ),
    ),
    "version": (_("Version of the signature"), ""),
    "confirmation": (_("String to return"), _("Shown by VK as “String to be returned”.")),
    "verify_token": (_("Verify token"), _("Empty: the identifier at the end of the URL.")),
    "event_field": (_("Event in the body"), _("Where the body names the event, such as type or data.event.")),
    "id_field": (
        _("Identifier in the body"),
        _("Where the body has an identifier by which repeats are recognised, such as id."),
    ),
    "networks": (
        _("Networks"),
        _(
            "Networks from which the sender calls, with commas between them. Leave empty for those that it publishes, or for all."
        ),
    ),
}


CHOICES: Final[Mapping[str, list[Any]]] = {
    "algorithm": [
        ("", _("the usual one: sha256, HS256")),
        ("HMAC", [(name, name) for name in signed.ALGORITHMS]),
        ("JWT", [(name, name) for name in web_token.ALGORITHMS]),
    ],
    "encoding": [("", _("the usual one: hex")), *((name, name) for name in ENCODINGS)],
    "key": [("", _("text")), ("base64", "base64"), ("hex", "hex")],
    "timestamp_unit": [("", _("seconds")), ("ms", _("milliseconds"))],
    "version": [("", "v3"), ("v2", "v2"), ("v1", "v1")],
}


def option_fields() -> dict[str, forms.Field]:
    """In the order of the form."""
    return {name: _field(name) for name in OPTIONS}


def _field(name: str) -> forms.Field:
    label, help_text = LABELS[name]
    if name in CHOICES:
        return forms.ChoiceField(
            label=label,
            required=False,
            help_text=help_text,
            choices=CHOICES[name],
            widget=UnfoldAdminSelectWidget,
        )
    return forms.CharField(
        label=label,
        required=False,
        help_text=help_text,
        strip=name != "prefix",
        widget=UnfoldAdminTextInputWidget,
    )


def sender_choices() -> list[tuple[Text, list[tuple[str, Text]]]]:
    """By kind; those for any sender come last, where people look who have not found theirs."""
    groups: dict[Kind, list[tuple[str, Text]]] = {kind: [] for kind in Kind}
    for one in PRESETS.values():
        groups[one.kind].append((one.name, one.title))
    return [(kind.value, groups[kind]) for kind in [*list(Kind)[1:], Kind.GENERAL]]


def secret_field(help_text: Any) -> forms.CharField:
    """Of several lines, because some secrets are keys."""
    attributes = {"autocomplete": "off", "spellcheck": "false", "rows": 2}
    return forms.CharField(
        label=_("Secret"),
        required=False,
        strip=True,
        widget=UnfoldAdminTextareaWidget(attrs=attributes),
        help_text=help_text,
    )


class Lines(forms.CharField):
    """A list of names, one a line."""

    def __init__(self, *, label: Text, help_text: Text, rows: int = 3) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": rows, "spellcheck": "false"})
        super().__init__(label=label, help_text=help_text, required=False, widget=widget)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)

"""The connector's own form, built from its manifest: settings shown, secrets only ever entered."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.actions.save_integration import check_values
from integrations.admin.tables import TableField
from integrations.connector import Connector
from integrations.fields import Field, FieldType
from integrations.models import Integration
from tenants.scoping import current_tenant_id

STORED = _("•••••• is stored; leave empty to keep it")


class IntegrationForm(forms.ModelForm[Integration]):
    """The part that all systems have. `connector` is set on the class that `form_for` makes."""

    connector: Connector

    class Meta:
        model = Integration
        fields = ("name", "is_enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row._state.adding:
            row.connector, row.tenant_id = self.connector.code, cast(int, current_tenant_id())
            self.initial.setdefault("name", self.connector.manifest.name)
        for field in self.connector.manifest.settings:
            self.initial.setdefault(f"settings__{field.name}", row.settings.get(field.name, field.default))
        for field in self.connector.manifest.credentials:
            self._show_stored(field, row)

    def _show_stored(self, field: Field, row: Integration) -> None:
        shown, stored = self.fields[f"credentials__{field.name}"], row.credentials.get(field.name)
        if field.type is not FieldType.SECRET:
            self.initial.setdefault(f"credentials__{field.name}", stored)
        elif stored:
            shown.required = False
            shown.widget.attrs["placeholder"] = STORED

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {
            "name": self.cleaned_data.get("name", ""),
            "settings": self._named("settings__", self.connector.manifest.settings),
            "credentials": self._named("credentials__", self.connector.manifest.credentials),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        stored = (
            self.instance if self.instance._state.adding else Integration.objects.get(pk=self.instance.pk)
        )
        try:
            check_values(stored, **self.values())
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                if (shown := name.replace(".", "__")) not in self.errors:
                    self.add_error(shown, messages)
        return cleaned

    def _named(self, prefix: str, fields: Iterable[Field]) -> dict[str, Any]:
        values = {field.name: self.cleaned_data.get(prefix + field.name) for field in fields}
        return {name: value for name, value in values.items() if value not in ("", None)}


def form_for(connector: Connector) -> type[IntegrationForm]:
    """The form class of one system."""
    declared = {f"settings__{field.name}": _form_field(field) for field in connector.manifest.settings}
    declared |= {f"credentials__{field.name}": _form_field(field) for field in connector.manifest.credentials}
    return type("ConnectorForm", (IntegrationForm,), {**declared, "connector": connector})


def fieldsets_for(connector: Connector, *, is_new: bool) -> list[tuple[Any, dict[str, Any]]]:
    """Settings and credentials apart, as they are stored. What exists is paused by a button that says what follows."""
    manifest = connector.manifest
    settings = [f"settings__{field.name}" for field in manifest.settings]
    credentials = [f"credentials__{field.name}" for field in manifest.credentials]
    return [(None, {"fields": ["name", *(["is_enabled"] if is_new else []), *settings, *credentials]})]


def _form_field(field: Field) -> forms.Field:
    """Checks are the manifest's own, so that the API and this form say the same."""
    common: dict[str, Any] = {
        "label": capfirst(str(field.label)),
        "help_text": field.help,
        "required": field.required,
    }
    if field.type is FieldType.BOOL:
        return forms.BooleanField(widget=UnfoldBooleanSwitchWidget(), **{**common, "required": False})
    if field.type is FieldType.TABLE:
        return TableField(field, **common)
    if field.type is FieldType.NUMBER:
        return forms.DecimalField(widget=UnfoldAdminDecimalFieldWidget(), **common)
    if field.type is FieldType.DATE:
        return forms.DateField(widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}), **common)
    if field.type is FieldType.CHOICE:
        choices = [*([] if field.required else [("", "—")]), *field.choices]
        return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget(), **common)
    if field.type is FieldType.SECRET:
        widget = UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "new-password", "placeholder": field.placeholder}
        )
        return forms.CharField(widget=widget, **common)
    return forms.CharField(
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": field.placeholder}), **common
    )

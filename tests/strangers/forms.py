"""What a browser would send for a page of the admin, with somebody else's rows chosen wherever one can choose."""

from typing import Any

from django import forms
from django.forms.models import ModelChoiceField

from tests.strangers.belongings import Belongings, owned_models


def forged(response: Any, theirs: Belongings) -> dict[str, Any] | None:
    """The filled form of an add or change page; None where the page has none."""
    context = response.context
    if response.status_code != 200 or not context or "adminform" not in context:
        return None
    sent = _filled(context["adminform"].form, theirs)
    for inline in context.get("inline_admin_formsets", ()):
        sent |= _filled(inline.formset.management_form, theirs)
        for form in inline.formset.forms:
            sent |= _filled(form, theirs)
    return sent


def _filled(form: forms.BaseForm, theirs: Belongings) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for name, field in form.fields.items():
        bound = form[name]
        value = _theirs(field, theirs) or bound.value()
        if value is None or value is False:
            value = "" if field.required is False else theirs.mark[:6]
        sent |= dict(_parts(field, bound, value))
    return {name: value for name, value in sent.items() if value != ""}


def _theirs(field: forms.Field, theirs: Belongings) -> Any:
    if isinstance(field, ModelChoiceField) and field.queryset.model in owned_models():
        return theirs.of(field.queryset.model).pk
    return None


def _parts(field: forms.Field, bound: forms.BoundField, value: Any) -> list[tuple[str, Any]]:
    """A widget of several inputs, such as date and time, sends several."""
    if isinstance(field.widget, forms.MultiWidget):
        parts = field.widget.decompress(value) if value else []
        names = [f"{bound.html_name}{suffix}" for suffix in field.widget.widgets_names]
        return [(name, "" if part is None else str(part)) for name, part in zip(names, parts, strict=False)]
    return [(bound.html_name, value)]

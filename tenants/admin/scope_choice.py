"""Check-boxes for scopes: a row for each part of the API, a column for reading and one for changing."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from tenants.scopes import ACTION_LABELS, EVERYTHING, expand, known_scopes, resources


class ScopeGrid(forms.CheckboxSelectMultiple):
    template_name = "admin/machines/scopes.html"

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        # Forms look for templates in packages only; this one lies with the project's.
        return mark_safe(render_to_string(self.template_name, self.get_context(name, value, attrs)))  # noqa: S308

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = {str(one) for one in value or ()}
        context["everything"] = EVERYTHING
        context["has_everything"] = EVERYTHING in chosen
        context["columns"] = list(ACTION_LABELS.values())
        granted = set(expand(chosen))
        context["rows"] = [
            {
                "title": one.title,
                "name": one.name,
                "cells": [
                    {"scope": scope, "label": label, "is_chosen": scope in granted}
                    if (scope := f"{one.name}:{action}") in one.scopes
                    else None
                    for action, label in ACTION_LABELS.items()
                ],
            }
            for one in resources()
        ]
        return context


class ScopeField(forms.MultipleChoiceField):
    """The chosen scopes as a list; what the registry does not know is refused by its name."""

    widget = ScopeGrid

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=lambda: [(scope, scope) for scope in (EVERYTHING, *known_scopes())],
            help_text=_("What the machine may do. “Everything” includes what later versions add."),
            **options,
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return set(expand(_texts(initial))) != set(expand(_texts(data))) or (
            (EVERYTHING in _texts(initial)) != (EVERYTHING in _texts(data))
        )

    def clean(self, value: Any) -> list[str]:
        """With “everything” ticked the rest says nothing."""
        chosen: list[str] = super().clean(value)
        return [EVERYTHING] if EVERYTHING in chosen else chosen


def _texts(value: Iterable[Any] | None) -> list[str]:
    return [str(one) for one in value or ()]

"""JSON that people write: shown indented, kept as it was typed when it is none."""

import json
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget


class IndentedJSON(forms.JSONField):
    """A text area with JSON; empty means the empty object unless it is required."""

    def __init__(self, *, rows: int = 8, **options: Any) -> None:
        options.setdefault(
            "widget",
            UnfoldAdminTextareaWidget(attrs={"rows": rows, "spellcheck": "false", "class": "wh-code"}),
        )
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        if value is None or value == {}:
            return ""
        if isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        return {} if found is None else found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((initial or {}) != (self.to_python(data) or {}))
        except forms.ValidationError:
            return True

"""Fields that the forms of several rooms have."""

from typing import Any

from django import forms
from unfold.widgets import DATETIME_CLASSES, UnfoldAdminTextareaWidget


class ClockInput(forms.TimeInput):
    """A time of day by the company's clock, in the browser's own control.

    The one of Django's admin compares the browser's clock with the server's, and says so beneath the field: neither counts here.
    """

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(DATETIME_CLASSES)}, format="%H:%M")


class AddressLines(forms.CharField):
    """Mail addresses, one a line."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": "anna@example.com"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace(",", "\n").split()

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != list(initial or []))

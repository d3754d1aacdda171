"""A number of bytes that people type as they say it: 500 MB, 2 GB."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

# Binary, as everywhere in the admin; Russian units as they are written there.
UNITS = {
    "": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40,
    "Б": 1, "КБ": 2**10, "МБ": 2**20, "ГБ": 2**30, "ТБ": 2**40,
}  # fmt: skip
_SIZE = re.compile(r"([0-9]{1,15}(?:[.,][0-9]{1,6})?)\s*([^\W\d_]{0,2})")


def parse(text: str) -> int | None:
    """Bytes; None for what is no size."""
    found = _SIZE.fullmatch(re.sub(r"(?<=\d)[\s\xa0](?=\d)", "", text.strip()))
    unit = UNITS.get(found[2].upper()) if found else None
    return None if found is None or unit is None else int(Decimal(found[1].replace(",", ".")) * unit)


def shown(size: int) -> str:
    """The shortest way to say exactly this."""
    for unit in ("TB", "GB", "MB", "KB"):
        if size and size % UNITS[unit] == 0:
            return f"{size // UNITS[unit]} {unit}"
    return str(size)


class SizeField(forms.Field):
    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return shown(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        size = value if isinstance(value, int) else parse(str(value))
        if size is None:
            raise ValidationError(_("A size such as 500 MB or 2 GB."))
        return size

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)

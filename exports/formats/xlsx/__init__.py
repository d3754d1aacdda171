"""The Excel format."""

from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format, Option
from exports.formats.xlsx.writer import XlsxWriter
from exports.pushdown.dialects import SHEET

__all__ = ["XLSX"]

XLSX = Format(
    name="xlsx",
    title=_("Excel"),
    extension="xlsx",
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    writer=XlsxWriter,
    options=(
        Option(
            "metadata",
            _("Sheet about the file: filters, time, zone"),
            (("no", _("Without")), ("yes", _("With"))),
        ),
    ),
    dialect=lambda _options: SHEET,
    is_packed=True,
)

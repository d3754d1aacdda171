"""The Excel format."""

from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format
from exports.formats.xlsx.writer import XlsxWriter

__all__ = ["XLSX"]

XLSX = Format(
    name="xlsx",
    title=_("Excel"),
    extension="xlsx",
    content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    writer=XlsxWriter,
)

"""The formats that an export can be written in, by name; a new one is one file and one line here."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from exports.formats.base import Cell, Format, Option, OutputColumn, Row, Writer
from exports.formats.csv import CSV
from exports.formats.packing import COMPRESS
from exports.formats.parquet import available
from exports.formats.passwords import PASSWORD
from exports.formats.records import JSON, JSON_LINES, YAML
from exports.formats.xlsx import XLSX
from exports.formats.xml import XML

__all__ = ["FORMATS", "PASSWORD", "Cell", "Format", "Option", "OutputColumn", "Row", "Writer"]

# What every format offers beside its own options.
MAX_RECORDS = Option("max_records", _("At most so many rows"), largest=10**9)
INCREMENTAL = Option(
    "incremental",
    _("Which rows"),
    (("no", _("All")), ("yes", _("New ones since the last such export"))),
)


COMMON = (PASSWORD, MAX_RECORDS, INCREMENTAL)


def _complete(format: Format) -> Format:
    packing = () if format.is_packed else (COMPRESS,)
    return replace(format, options=(*format.options, *packing, *COMMON))


# What needs a library that not everybody installs comes last, where it is installed.
_ALL = (XLSX, CSV, JSON, JSON_LINES, XML, YAML, *available())
FORMATS: dict[str, Format] = {item.name: _complete(item) for item in _ALL}

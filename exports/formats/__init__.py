"""The formats that an export can be written in, by name; a new one is one file and one line here."""

from exports.formats.base import Cell, Format, Option, OutputColumn, Row, Writer
from exports.formats.csv import CSV
from exports.formats.jsonl import JSON_LINES
from exports.formats.xlsx import XLSX

__all__ = ["FORMATS", "Cell", "Format", "Option", "OutputColumn", "Row", "Writer"]

FORMATS: dict[str, Format] = {item.name: item for item in (XLSX, CSV, JSON_LINES)}

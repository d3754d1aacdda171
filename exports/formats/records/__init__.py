"""The formats of records: JSON, JSON Lines and YAML."""

from exports.formats.records.json import JSON, JSON_LINES
from exports.formats.records.yaml import YAML

__all__ = ["JSON", "JSON_LINES", "YAML"]

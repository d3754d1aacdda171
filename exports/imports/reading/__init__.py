"""Rows of a file, one after the other: whatever its format, a heading and then cells."""

from exports.imports.reading.opening import OpenFile, opened

__all__ = ["OpenFile", "opened"]

"""Where the finished file of an export is."""

from pathlib import Path

from exports.engine import files
from exports.formats import FORMATS
from exports.formats.packing import extension
from exports.models import Export


def path_of(export: Export) -> Path:
    return files.final_path(export.tenant_id, export.pk, extension(FORMATS[export.format], export.options))

"""Where the finished file of an export is."""

from pathlib import Path

from exports.engine import files
from exports.formats import FORMATS
from exports.formats.packing import extension
from exports.models import Export


def path_of(export: Export) -> Path:
    ending = extension(FORMATS[export.format], export.options, is_encrypted=export.is_encrypted)
    return files.final_path(export.tenant_id, export.pk, ending)

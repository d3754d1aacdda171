"""Parquet for analysts' programs: offered where pyarrow is installed (requirements-parquet.txt).

pyarrow is imported by the job that writes such a file and by nothing else: it would cost every process its memory.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import BinaryIO

from django.utils.translation import gettext_lazy as _

from exports.formats.base import Format, OutputColumn, Writer


def _writer(
    stream: BinaryIO, columns: Sequence[OutputColumn], options: Mapping[str, str], title: str
) -> Writer:
    from exports.formats.parquet.writer import ParquetWriter

    return ParquetWriter(stream, columns, options, title)


PARQUET = Format(
    name="parquet",
    title=_("Parquet"),
    extension="parquet",
    content_type="application/vnd.apache.parquet",
    writer=_writer,
    is_for_people=False,
    is_packed=True,
)


def available() -> tuple[Format, ...]:
    """The format, where its library is."""
    return (PARQUET,) if find_spec("pyarrow") else ()

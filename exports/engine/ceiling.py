"""How far a file may grow: the company's limits, watched while it is written and once more when it is finished."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from exports.engine.failures import ExportFailed
from exports.limits import Limits, kept_size, limits_of


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`room`: bytes that the company may still keep; None for any number."""

    limits: Limits
    room: int | None

    @property
    def rows_to_read(self) -> int | None:
        """One more than allowed, so that too many are noticed without all of them being read."""
        return None if self.limits.max_rows is None else self.limits.max_rows + 1

    def check(self, rows: int, size: int) -> None:
        """ExportFailed when the file has more than the company may have."""
        if self.limits.max_rows is not None and rows > self.limits.max_rows:
            raise too_many_rows(self.limits.max_rows)
        if size > self.limits.max_file_size:
            raise too_large(self.limits.max_file_size)
        if self.room is not None and self.limits.max_kept_size is not None and size > self.room:
            raise no_room(self.limits.max_kept_size)


def ceiling_of(tenant_id: int) -> Ceiling:
    """Two queries at most."""
    limits = limits_of(tenant_id)
    if limits.max_kept_size is None:
        return Ceiling(limits, None)
    return Ceiling(limits, max(limits.max_kept_size - kept_size(tenant_id), 0))


def too_many_rows(limit: int) -> ExportFailed:
    text = _("There are more than %(limit)d rows, the limit of this company. Choose a shorter period.")
    return ExportFailed("too_many_rows", text % {"limit": limit})


def too_large(limit: int) -> ExportFailed:
    text = _("The file would be larger than %(limit)s. Choose a shorter period, fewer columns, or CSV.")
    return ExportFailed("too_large", text % {"limit": filesizeformat(limit)})


def no_room(limit: int) -> ExportFailed:
    text = _(
        "With this file the company would keep more than %(limit)s. Delete old exports, or wait until they expire."
    )
    return ExportFailed("no_room", text % {"limit": filesizeformat(limit)})

"""Takes call records that a person or a program hands over as a file."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from telephony.actions.catch_up import Found, report_of
from telephony.catchup.csv_rows import Layout, named_columns
from telephony.catchup.errors import RecordsUnavailable
from telephony.catchup.reading import PORTION
from telephony.models import CatchUpCause, CatchUpReport, CdrSource, Pbx
from telephony.models.records import REASONS
from tenants import audit


def take_records(pbx: Pbx, content: bytes, *, columns: str = "") -> CatchUpReport:
    """Store the rows of a CSV file and say what they are. ValidationError when they are no call records.

    All or none: a file whose tenth line is of another kind is a mistake, not nine calls.
    """
    text = content.decode("utf-8-sig", "replace").replace("\x00", "")
    layout = Layout(named_columns(columns))
    try:
        rows = list(layout.rows(text.splitlines(keepends=True)))
    except RecordsUnavailable as error:
        raise ValidationError(str(REASONS[error.reason]), code="layout") from error
    if not rows:
        raise ValidationError(_("The file is empty."), code="empty")
    wrong = next((number for number, row in enumerate(rows, 1) if row is None), None)
    if wrong is not None:
        text = _("Row %(number)d has another number of columns than the first one.")
        raise ValidationError(text % {"number": wrong}, code="columns")
    found = _stored(pbx, layout, [row for row in rows if row is not None])
    report = report_of(pbx, found, cause=CatchUpCause.UPLOAD)
    report.save()
    audit.record("pbx.records_uploaded", pbx, after={"rows": found.rows_read, "new": found.rows_new})
    return report


def _stored(pbx: Pbx, layout: Layout, rows: list[Any]) -> Found:
    found, zone = Found(), _zone(pbx)
    for start in range(0, len(rows), PORTION):
        found.take(pbx, layout.form, rows[start : start + PORTION], zone)
    return found


def _zone(pbx: Pbx) -> ZoneInfo:
    """That of its configured records, for the same exchange wrote this file."""
    source = CdrSource.objects.select_related("pbx", "pbx__tenant").filter(pbx=pbx).first()
    return ZoneInfo(source.zone_name if source else pbx.zone_name)


def pbx_of(key: UUID | str) -> Pbx | None:
    """An exchange of the company in scope."""
    try:
        return Pbx.objects.select_related("tenant").filter(pk=key).first()
    except (ValueError, ValidationError):
        return None  # no id at all

"""What stands in a mail, in its reader's language."""

from typing import NamedTuple

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from exports.audience import may_have
from exports.links import personal_url
from exports.models import Export, ExportLetter, ExportSchedule, Occasion, State
from exports.registry import UnknownDataset, get_dataset
from tenants.models import Member


class Text(NamedTuple):
    subject: str
    body: str


def written(letter: ExportLetter) -> Text | None:
    """None where there is nothing to tell any more: the file has expired, or the person may not have it."""
    with override(letter.user.language or letter.tenant.language):
        if letter.occasion == Occasion.READY:
            return _ready(letter, letter.export) if letter.export and is_theirs(letter) else None
        return _about(letter, letter.schedule) if letter.schedule else None


def is_theirs(letter: ExportLetter) -> bool:
    export = letter.export
    return export is not None and export.state == State.DONE and may_follow(export, letter.user_id)


def may_follow(export: Export, user_id: int) -> bool:
    """Whether this person may have the file now; in a scope that has the company."""
    found = Member.objects.filter(tenant_id=export.tenant_id, user_id=user_id, user__is_active=True).first()
    try:
        return found is not None and may_have(found, get_dataset(export.dataset))
    except UnknownDataset:
        return False


def _ready(letter: ExportLetter, export: Export) -> Text:
    until = date_format(
        timezone.localtime(export.expires_at or timezone.now(), letter.tenant.zone), "SHORT_DATETIME_FORMAT"
    )
    lines = [
        _("%(name)s is ready: %(rows)d rows, %(size)s.")
        % {"name": export.file_name, "rows": export.rows_done, "size": filesizeformat(export.size)},
        personal_url(export, letter.user_id),
        _("The link is for you alone and works until %(until)s at most.") % {"until": until},
        _footer(letter),
    ]
    return Text(f"{export.file_name} · {letter.tenant.name}", "\n\n".join(lines))


def _about(letter: ExportLetter, schedule: ExportSchedule) -> Text:
    subject, first = {
        Occasion.PAUSED: (
            _("%(name)s was paused"),
            _("The export schedule “%(name)s” of %(company)s was paused."),
        ),
        Occasion.FAILING: (
            _("%(name)s keeps failing"),
            _("The export schedule “%(name)s” of %(company)s has failed three times in a row."),
        ),
    }[Occasion(letter.occasion)]
    words = {"name": schedule.name, "company": letter.tenant.name}
    page = settings.PUBLIC_URL + reverse("admin:exports_exportschedule_change", args=[schedule.pk])
    return Text(subject % words, "\n\n".join([first % words, letter.reason, page, _footer(letter)]))


def _footer(letter: ExportLetter) -> str:
    return _("You get this mail because of your work at %(company)s in Switchboard.") % {
        "company": letter.tenant.name
    }

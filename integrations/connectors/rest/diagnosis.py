"""The connection test: each kind's list is read once."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis, Records
from integrations.records import RecordKind
from tenants.errors import AuthFailed, HubError


def diagnose(records: Records, kinds: Sequence[RecordKind]) -> Diagnosis:
    checks = tuple(_kind(records, kind) for kind in kinds)
    found = Diagnosis("", checks)
    if found.works:
        return Diagnosis(_("The connection works."), checks)
    return Diagnosis(_("The system does not answer as it is described here."), checks)


def _kind(records: Records, kind: RecordKind) -> Check:
    try:
        page = records.read(kind)
    except AuthFailed as error:
        return Check(kind.label, CheckState.FAILED, str(error), _("Check the key and how it is sent."))
    except HubError as error:
        return Check(
            kind.label,
            CheckState.FAILED,
            str(error),
            _("Compare the path, the paging and the place of the objects with that system's documentation."),
        )
    if page.faults and not page.records:
        return Check(
            kind.label, CheckState.FAILED, page.faults[0].text, _("Check the name of the field with the id.")
        )
    if not page.records:
        return Check(kind.label, CheckState.WARNING, _("The list is empty, so its fields are not known yet."))
    return Check(
        kind.label,
        CheckState.PASSED,
        _("%(count)d objects on the first page.") % {"count": len(page.records)},
    )

"""Whose rights a schedule may run with."""

from django.utils.translation import gettext as _

from exports.audience import refuse_hidden
from exports.models import ExportSchedule
from exports.refusals import InvalidRequest
from tenants.access import ADMINISTRATORS
from tenants.models import MachineCredential, Member


def check_saving(
    schedule: ExportSchedule, member: Member | None, machine: MachineCredential | None, former: str = ""
) -> None:
    """InvalidRequest where this caller must not save it so: nobody gets at data through somebody else's rights.

    `former` is the dataset that it had before. Operators and the system are neither member nor machine.
    """
    for dataset in {schedule.dataset, former} - {""}:
        refuse_hidden(dataset, member, machine)
    if schedule.owner is None:
        raise InvalidRequest("owner", _("Name the member with whose rights it runs."))
    if member is not None and member.role not in ADMINISTRATORS and schedule.owner_id != member.pk:
        raise InvalidRequest("owner", _("Only administrators may choose or change somebody else's."))

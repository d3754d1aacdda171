"""Which datasets a caller cannot ask for, and whose files they therefore do not see: some are for administrators only."""

from django.utils.translation import gettext as _

from exports.refusals import InvalidRequest
from exports.registry import Dataset, all_datasets
from tenants.models import MachineCredential, Member


def hidden_from(member: Member | None, machine: MachineCredential | None) -> list[str]:
    """Members by their role, machines by an extra scope; whoever is neither was let in as an operator or is the system."""
    if machine is not None:
        return [one.name for one in all_datasets() if one.scope and not machine.allows(one.scope)]
    if member is not None:
        return [one.name for one in all_datasets() if not may_have(member, one)]
    return []


def refuse_hidden(name: str, member: Member | None, machine: MachineCredential | None) -> None:
    """InvalidRequest where this caller cannot ask for that data."""
    if name in hidden_from(member, machine):
        raise InvalidRequest("dataset", _("Your role or key does not reach this data."))


def may_have(member: Member, dataset: Dataset) -> bool:
    """Asked again when the file is written: roles change, and people leave."""
    return member.is_active and member.role in dataset.roles

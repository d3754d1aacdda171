"""Which datasets a caller cannot ask for, and whose files they therefore do not see: some are for administrators only."""

from exports.registry import all_datasets
from tenants.models import MachineCredential, Member


def hidden_from(member: Member | None, machine: MachineCredential | None) -> list[str]:
    """Members by their role, machines by an extra scope; whoever is neither was let in as an operator or is the system."""
    if machine is not None:
        return [one.name for one in all_datasets() if one.scope and not machine.allows(one.scope)]
    if member is not None:
        return [one.name for one in all_datasets() if member.role not in one.roles]
    return []

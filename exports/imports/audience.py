"""Who may import what: people by the importer's roles, machines by its scopes. Asked again before anything is written."""

from django.utils.translation import gettext as _

from exports.imports.importer import importable, importer_of
from exports.imports.refused import FileRefused
from tenants.models import MachineCredential, Member


def hidden_from(member: Member | None, machine: MachineCredential | None) -> list[str]:
    """Datasets of which this caller may see no import; whoever is neither was let in as an operator or is the system."""
    return [one.name for one in importable() if not _reaches(one.name, member, machine)]


def _reaches(dataset: str, member: Member | None, machine: MachineCredential | None) -> bool:
    importer = importer_of(dataset)
    if machine is not None:
        return machine.allows_all(list(importer.scopes))
    return member is None or (member.is_active and member.role in importer.roles)


def may_import(member: Member | None, dataset: str) -> None:
    """FileRefused for a person who may not any more: roles change, and people leave. NotImportable."""
    importer_of(dataset)
    if not _reaches(dataset, member, None):
        raise FileRefused("role", _("The person who asked may not import this data any more."))

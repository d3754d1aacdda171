"""Contacts and companies."""

from dataclasses import dataclass
from typing import ClassVar

from integrations.records.base import Record
from integrations.records.kinds import RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Record):
    """A person outside. `name` is the whole name; its parts only where the system keeps them apart."""

    kind: ClassVar[RecordKind] = RecordKind.CONTACT

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    middle_name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    responsible_id: str = ""
    position: str = ""
    address: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company(Record):
    """A firm. `tax_number` is its ИНН, УНП, БИН or the like."""

    kind: ClassVar[RecordKind] = RecordKind.COMPANY

    name: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    website: str = ""
    tax_number: str = ""
    responsible_id: str = ""
    address: str = ""
    comment: str = ""

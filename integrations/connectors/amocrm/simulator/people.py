"""Who is in the account when a person looks at it: some contacts, a company, a deal; and what people change there."""

from collections.abc import Callable

from integrations.connectors.amocrm.simulator.state import (
    COMPANIES,
    CONTACTS,
    FIRST_STATUS,
    LEADS,
    PIPELINE,
    PLURALS,
    Account,
    Row,
)
from tenants.simulation import Kind, Request

_CONTACTS = (
    ("Петров Иван", "+7 (900) 123-45-67"),
    ("Smirnova Olga", "79007654321"),
    ("Kovalev Pavel", "+375 29 123-45-67"),
)


def move_in(account: Account) -> None:
    """Fill an empty account."""
    contacts = [
        account.add(CONTACTS, name=name, custom_fields_values=[phone(account, number)])
        for name, number in _CONTACTS
    ]
    account.add(COMPANIES, name="ООО «Ромашка»", custom_fields_values=[phone(account, "+74951234567")])
    links = {"tags": [], "companies": [], "contacts": [{"id": contacts[0]["id"], "is_main": True}]}
    stage = {"price": 50_000, "status_id": FIRST_STATUS, "pipeline_id": PIPELINE, "closed_at": None}
    account.add(LEADS, name="Поставка", _embedded=links, **stage)


def stirs(account: Account) -> dict[Kind, Callable[[Request], object]]:
    """What people do to the collection that a request is about."""

    def insert(request: Request) -> None:
        account.add(_plural(request), name=_CONTACTS[0][0])

    def remove(request: Request) -> None:
        for number in _first(account, request):
            account.delete(_plural(request), number)

    def move(request: Request) -> None:
        for number in _first(account, request):
            account.touch(_plural(request), number, responsible_user_id=account.users[-1].id)

    return {Kind.INSERTED: insert, Kind.REMOVED: remove, Kind.MOVED: move}


def _plural(request: Request) -> str:
    return next((step for step in request.path.split("/") if step in PLURALS), CONTACTS)


def _first(account: Account, request: Request) -> list[int]:
    return list(account.tables[_plural(request)])[:1]


def phone(account: Account, *numbers: str, code: str = "WORK") -> Row:
    """The value of the field for telephone numbers."""
    field = account.fields[CONTACTS][0]
    values = [{"value": number, "enum_id": 900, "enum_code": code} for number in numbers]
    return {
        "field_id": field.id,
        "field_code": field.code,
        "field_name": field.name,
        "field_type": field.type,
        "values": values,
    }

"""Who is in the account when a person looks at it: some contacts, a company, a deal."""

from integrations.connectors.amocrm.simulator.state import (
    COMPANIES,
    CONTACTS,
    FIRST_STATUS,
    LEADS,
    PIPELINE,
    Account,
    Row,
)

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

"""Their fields: those that every account has, and those that this one has added."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from integrations.capabilities import FieldDescription, ValueType
from integrations.connectors.retailcrm.records_client import RecordCalls
from integrations.records import RecordKind
from tenants.errors import AuthFailed, RemoteRejected

_TYPES = {
    "integer": ValueType.NUMBER,
    "numeric": ValueType.NUMBER,
    "boolean": ValueType.BOOLEAN,
    "date": ValueType.DATE,
    "datetime": ValueType.TIME,
    "dictionary": ValueType.CHOICE,
    "multiselect_dictionary": ValueType.LIST,
}


def described(calls: RecordCalls, kind: RecordKind) -> tuple[FieldDescription, ...]:
    """In the active language."""
    entity, fields = _OF[kind]
    return (*fields(), *_custom(calls, entity))


def _custom(calls: RecordCalls, entity: str) -> list[FieldDescription]:
    try:
        found = calls.custom_fields(entity)
    except (AuthFailed, RemoteRejected):
        return []  # the key may not read them: the account's other fields are still there
    return [
        FieldDescription(
            name=f"customFields.{row['code']}",
            title=str(row.get("name") or row["code"]),
            type=_TYPES.get(str(row.get("type")), ValueType.TEXT),
            is_custom=True,
        )
        for row in found
        if row.get("code")
    ]


def _customers() -> tuple[FieldDescription, ...]:
    return (
        FieldDescription(name="id", title=_("Identifier"), is_read_only=True),
        FieldDescription(name="externalId", title=_("External identifier")),
        FieldDescription(name="firstName", title=_("First name")),
        FieldDescription(name="lastName", title=_("Last name")),
        FieldDescription(name="patronymic", title=_("Patronymic")),
        FieldDescription(name="email", title=_("E-mail")),
        FieldDescription(name="phones", title=_("Phones"), type=ValueType.LIST),
        FieldDescription(name="managerId", title=_("Manager"), type=ValueType.NUMBER),
        FieldDescription(name="address.text", title=_("Address")),
        FieldDescription(name="createdAt", title=_("Created"), type=ValueType.TIME, is_read_only=True),
        FieldDescription(name="vip", title="VIP", type=ValueType.BOOLEAN),
    )


def _companies() -> tuple[FieldDescription, ...]:
    return (
        FieldDescription(name="id", title=_("Identifier"), is_read_only=True),
        FieldDescription(name="externalId", title=_("External identifier")),
        FieldDescription(name="nickName", title=_("Name")),
        FieldDescription(name="managerId", title=_("Manager"), type=ValueType.NUMBER),
        FieldDescription(name="mainCompany.name", title=_("Legal entity"), is_read_only=True),
        FieldDescription(name="mainAddress.name", title=_("Address"), is_read_only=True),
        FieldDescription(
            name="mainCustomerContact.customer.id", title=_("Contact person"), is_read_only=True
        ),
        FieldDescription(
            name="ordersCount", title=_("Number of orders"), type=ValueType.NUMBER, is_read_only=True
        ),
        FieldDescription(name="createdAt", title=_("Created"), type=ValueType.TIME, is_read_only=True),
        FieldDescription(name="vip", title="VIP", type=ValueType.BOOLEAN),
    )


def _orders() -> tuple[FieldDescription, ...]:
    return (
        FieldDescription(name="id", title=_("Identifier"), is_read_only=True),
        FieldDescription(name="externalId", title=_("External identifier")),
        FieldDescription(name="number", title=_("Number")),
        FieldDescription(name="status", title=_("Status")),
        FieldDescription(name="statusComment", title=_("Comment on the status")),
        FieldDescription(name="orderMethod", title=_("How it was ordered")),
        FieldDescription(name="orderType", title=_("Type of the order")),
        FieldDescription(name="totalSumm", title=_("Total"), type=ValueType.MONEY, is_read_only=True),
        FieldDescription(name="customerComment", title=_("Comment of the customer")),
        FieldDescription(name="managerComment", title=_("Comment of the manager")),
        FieldDescription(name="delivery.code", title=_("Delivery")),
        FieldDescription(name="createdAt", title=_("Created"), type=ValueType.TIME, is_read_only=True),
        FieldDescription(name="items", title=_("Goods"), type=ValueType.LIST, is_read_only=True),
    )


_OF: Mapping[RecordKind, tuple[str, Callable[[], tuple[FieldDescription, ...]]]] = {
    RecordKind.CONTACT: ("customer", _customers),
    RecordKind.COMPANY: ("customer_corporate", _companies),
    RecordKind.ORDER: ("order", _orders),
}

"""The schema of the made-up service, and how values become those of its types (sections 3.5, 3.10 to 3.12 and 6.1.2 of the specification)."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from integrations.connectors.rest.simulator.graphql_language import (
    Declared,
    Enum,
    Faulty,
    Operation,
    Type,
    Variable,
    type_of,
)

_CONTACT = {
    "id": "", "updated_at": "", "full_name": "", "phones": "Phone", "active": "", "n": "", "name": "", "touched": "",
    "external_id": "", "rating": "",
}  # fmt: skip
_ORDER = {
    "id": "", "updated_at": "", "no": "", "sum": "", "state": "", "buyer": "Buyer", "n": "", "name": "", "touched": "",
    "external_id": "", "rating": "",
}  # fmt: skip
OBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Query": {
        "contacts": "ContactConnection", "contact": "Contact", "orders": "OrderConnection", "order": "Order",
    },
    "Mutation": {
        "createContact": "ContactPayload", "updateContact": "ContactPayload",
        "createOrder": "OrderPayload", "updateOrder": "OrderPayload",
    },
    "ContactConnection": {"nodes": "Contact", "pageInfo": "PageInfo", "totalCount": ""},
    "OrderConnection": {"nodes": "Order", "pageInfo": "PageInfo", "totalCount": ""},
    "PageInfo": {"endCursor": "", "hasNextPage": ""},
    "ContactPayload": {"contact": "Contact", "userErrors": "UserError"},
    "OrderPayload": {"order": "Order", "userErrors": "UserError"},
    "UserError": {"field": "", "message": ""},
    "Contact": _CONTACT,
    "Order": _ORDER,
    "Phone": {"number": ""},
    "Buyer": {"name": ""},
}  # fmt: skip
"""Type -> field -> the type of the object that it is; empty for a scalar."""


def _typed(**names: str) -> dict[str, Type]:
    return {name: type_of(text) for name, text in names.items()}


_LIST = _typed(first="Int!", after="String", since="String", externalId="String")
ARGUMENTS: Final[Mapping[str, Mapping[str, Type]]] = {
    "contacts": _LIST,
    "orders": _LIST,
    "contact": _typed(id="ID!"),
    "order": _typed(id="ID!"),
    "createContact": _typed(input="ContactInput!"),
    "updateContact": _typed(id="ID!", input="ContactInput!"),
    "createOrder": _typed(input="OrderInput!"),
    "updateOrder": _typed(id="ID!", input="OrderInput!"),
}
INPUTS: Final[Mapping[str, Mapping[str, Type]]] = {
    "ContactInput": _typed(
        full_name="String", phones="[PhoneInput!]", active="String", n="Int", name="String", touched="Boolean",
        external_id="String",
    ),
    "OrderInput": _typed(
        no="String", sum="Float", state="String", buyer="BuyerInput", n="Int", name="String", touched="Boolean",
        external_id="String",
    ),
    "PhoneInput": _typed(number="String!"),
    "BuyerInput": _typed(name="String!"),
}  # fmt: skip
_SCALARS = ("Int", "Float", "String", "Boolean", "ID")
_WHOLE = 2**31


class Wrong(Exception):
    """A value that its type cannot represent; whoever asked says where it stood."""


def variables_of(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables' values, by their types; those that were left out are missing. `Faulty` before anything is executed."""
    found: dict[str, Any] = {}
    for name, declared in operation.variables.items():
        if declared.type.inner is None and declared.type.name not in (*_SCALARS, *INPUTS):
            raise Faulty(f'Unknown type "{declared.type.name}".')
        if name not in given:
            if declared.has_default:
                found[name] = declared.default
            elif declared.type.is_needed:
                text = f'Variable "${name}" of required type "{declared.type}" was not provided.'
                raise Faulty(text, "BAD_USER_INPUT")
            continue
        try:
            found[name] = coerced(declared.type, given[name])
        except Wrong as error:
            raise Faulty(f'Variable "${name}" got invalid value; {error}', "BAD_USER_INPUT") from error
    return found


def argument(type_: Type, value: Any, declared: Mapping[str, Declared], variables: Mapping[str, Any]) -> Any:
    """A value that stands in the text, with the variables in it. KeyError: the variable was left out."""
    _check_variables(type_, value, declared)
    try:
        return coerced(type_, _filled(value, variables))
    except Wrong as error:
        raise Faulty(str(error)) from error


def _check_variables(type_: Type, value: Any, declared: Mapping[str, Declared]) -> None:
    """Variables may stand only where their type is allowed (section 5.8.5)."""
    if isinstance(value, Variable):
        own = declared.get(value.name)
        if own is None:
            raise Faulty(f'Variable "${value.name}" is not defined.')
        if not _fits(own.type, type_, has_default=own.has_default and own.default is not None):
            text = f'Variable "${value.name}" of type "{own.type}" used in position expecting type "{type_}".'
            raise Faulty(text)
    elif isinstance(value, list) and type_.inner is not None:
        for one in value:
            _check_variables(type_.inner, one, declared)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in INPUTS.get(type_.name, {}):
                _check_variables(INPUTS[type_.name][name], one, declared)


def _fits(own: Type, wanted: Type, *, has_default: bool = False) -> bool:
    if wanted.is_needed and not own.is_needed and not has_default:
        return False
    if own.inner is None or wanted.inner is None:
        return (own.inner, own.name) == (wanted.inner, wanted.name)
    return _fits(own.inner, wanted.inner)


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """Without the fields of an object whose variables were left out (section 3.10)."""
    if isinstance(value, Variable):
        return variables[value.name]
    if isinstance(value, list):
        return [_filled(one, variables) if not _is_left_out(one, variables) else None for one in value]
    if isinstance(value, dict):
        return {
            name: _filled(one, variables) for name, one in value.items() if not _is_left_out(one, variables)
        }
    return value


def _is_left_out(value: Any, variables: Mapping[str, Any]) -> bool:
    return isinstance(value, Variable) and value.name not in variables


def coerced(type_: Type, value: Any) -> Any:
    if value is None:
        if type_.is_needed:
            raise Wrong(f'Expected value of non-null type "{type_}" not to be null.')
        return None
    if type_.inner is not None:
        items = value if isinstance(value, list) else [value]
        return [coerced(type_.inner, one) for one in items]
    if type_.name in INPUTS:
        return _object(type_.name, value)
    return _scalar(type_.name, value)


def _object(name: str, value: Any) -> dict[str, Any]:
    fields = INPUTS[name]
    if not isinstance(value, dict):
        raise Wrong(f'Expected type "{name}" to be an object.')
    for one in value:
        if one not in fields:
            raise Wrong(f'Field "{one}" is not defined by type "{name}".')
    for one, type_ in fields.items():
        if type_.is_needed and one not in value:
            raise Wrong(f'Field "{one}" of required type "{type_}" was not provided.')
    return {one: coerced(fields[one], given) for one, given in value.items()}


def _scalar(name: str, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if name == "Int" and is_number and value == int(value) and -_WHOLE <= value < _WHOLE:
        return int(value)
    if name == "Float" and is_number:
        return float(value)
    if name == "Boolean" and isinstance(value, bool):
        return value
    if name == "String" and isinstance(value, str):
        return value
    if name == "ID" and (isinstance(value, str) or (is_number and value == int(value))):
        return str(value)
    shown = value.name if isinstance(value, Enum) else value
    raise Wrong(f"{name} cannot represent the value: {shown!r}")

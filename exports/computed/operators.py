"""The operators of expressions, by the types on both sides."""

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any, Final

from exports.computed.values import CONTEXT, LONGEST_TEXT, Type, number, quotient

Binary = tuple[Type, Callable[[Any, Any], Any]]


def _seconds(left: Any, right: Any) -> Decimal | None:
    # In UTC: two times of one zone would be compared by their clocks, and an hour of autumn be lost.
    return number(left.astimezone(UTC) - right.astimezone(UTC))


def _days(left: Any, right: Any) -> Decimal:
    return Decimal((left - right) // timedelta(days=1))


def _remainder(left: Decimal, right: Decimal) -> Decimal | None:
    """With the sign of the divisor, as in sheets."""
    if not right:
        return None
    found = CONTEXT.remainder(left, right)
    return CONTEXT.add(found, right) if found and (found < 0) != (right < 0) else found


_NUMBERS: Final[Mapping[type[ast.operator], Callable[[Decimal, Decimal], Any]]] = {
    ast.Add: CONTEXT.add,
    ast.Sub: CONTEXT.subtract,
    ast.Mult: CONTEXT.multiply,
    ast.Div: quotient,
    ast.Mod: _remainder,
}
_OTHERS: Final[Mapping[tuple[type[ast.operator], Type], Binary]] = {
    (ast.Add, Type.TEXT): (Type.TEXT, lambda left, right: (left + right)[:LONGEST_TEXT]),
    (ast.Sub, Type.MOMENT): (Type.NUMBER, _seconds),
    (ast.Sub, Type.DATE): (Type.NUMBER, _days),
}


ALLOWED: Final = frozenset(_NUMBERS) | {ast.BitAnd}


def binary(kind: type[ast.operator], left: Type, right: Type) -> Binary | None:
    """What it gives, and how; None where these types have no such operator."""
    types = {left, right} - {Type.NOTHING}
    if types <= {Type.NUMBER} and kind in _NUMBERS:
        return Type.NUMBER, _NUMBERS[kind]
    return _OTHERS.get((kind, types.pop())) if len(types) == 1 else None


def in_utc(run: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Two times of one zone would be compared by their clocks."""

    def moment(row: Any) -> Any:
        value = run(row)
        return None if value is None else value.astimezone(UTC)

    return moment


def _ordering(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Nothing is neither smaller nor larger."""
    return lambda left, right: left is not None and right is not None and compare(left, right)


COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordering(operator.lt),
    ast.LtE: _ordering(operator.le),
    ast.Gt: _ordering(operator.gt),
    ast.GtE: _ordering(operator.ge),
}

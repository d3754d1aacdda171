"""The functions of expressions. Those that are not told otherwise answer nothing when an argument is nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from exports.computed.values import CONTEXT, LONGEST_TEXT, Type, number, rounded

_TEXT, _NUMBER = frozenset({Type.TEXT}), frozenset({Type.NUMBER})
_DAYS = frozenset({Type.DATE, Type.MOMENT})
_MOMENT = frozenset({Type.MOMENT})
_ORDERED = frozenset({Type.NUMBER, Type.DATE, Type.MOMENT, Type.TEXT})
_ANY = frozenset(Type)


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` each argument's types; the last one is repeated where it `is_open`. Without `gives` it gives what it takes.

    `constants` are the numbers of arguments that must be written as whole numbers, from 0 to what is said.
    """

    takes: tuple[frozenset[Type], ...]
    gives: Type | None
    run: Callable[..., Any]
    least: int | None = None
    is_open: bool = False
    takes_nothing: bool = False
    constants: Mapping[int, int] | None = None

    @property
    def fewest(self) -> int:
        return len(self.takes) if self.least is None else self.least

    def takes_at(self, index: int) -> frozenset[Type]:
        return self.takes[min(index, len(self.takes) - 1)]

    @property
    def most(self) -> int:
        return 20 if self.is_open else len(self.takes)


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        return text
    # No more of them than fit: a text that grows with every step must not fill the memory.
    room = max(0, LONGEST_TEXT - len(text)) // max(1, len(new) - len(old)) + 1
    return text.replace(old, new, room)[:LONGEST_TEXT]


def _day(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            return None
    return value.date() if hasattr(value, "date") else value


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None and value != ""), None)


def _in_order(value: Any) -> Any:
    # In UTC: two times of one zone would be compared by their clocks, which show an hour of autumn twice.
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _whole(rounding: str) -> Callable[[Decimal], Decimal]:
    return lambda value: value.to_integral_value(rounding, CONTEXT)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "round": Function((_NUMBER, _NUMBER), Type.NUMBER, rounded, least=1, constants={1: 10}),
    "floor": Function((_NUMBER,), Type.NUMBER, _whole(ROUND_FLOOR)),
    "ceil": Function((_NUMBER,), Type.NUMBER, _whole(ROUND_CEILING)),
    "abs": Function((_NUMBER,), Type.NUMBER, CONTEXT.abs),
    "min": Function((_ORDERED,), None, lambda *values: min(values, key=_in_order), least=2, is_open=True),
    "max": Function((_ORDERED,), None, lambda *values: max(values, key=_in_order), least=2, is_open=True),
    "number": Function((_TEXT,), Type.NUMBER, number),
    "upper": Function((_TEXT,), Type.TEXT, lambda text: text.upper()),
    "lower": Function((_TEXT,), Type.TEXT, lambda text: text.lower()),
    "trim": Function((_TEXT,), Type.TEXT, lambda text: text.strip()),
    "length": Function((_TEXT,), Type.NUMBER, lambda text: Decimal(len(text))),
    "left": Function(
        (_TEXT, _NUMBER), Type.TEXT, lambda text, n: text[: int(n)], constants={1: LONGEST_TEXT}
    ),
    "right": Function(
        (_TEXT, _NUMBER), Type.TEXT, lambda text, n: text[-int(n) :] if n else "", constants={1: LONGEST_TEXT}
    ),
    "replace": Function((_TEXT, _TEXT, _TEXT), Type.TEXT, _replace),
    "contains": Function((_TEXT, _TEXT), Type.BOOLEAN, lambda text, part: part in text),
    "starts": Function((_TEXT, _TEXT), Type.BOOLEAN, lambda text, part: text.startswith(part)),
    "coalesce": Function((_ANY,), None, _first, least=1, is_open=True, takes_nothing=True),
    "empty": Function((_ANY,), Type.BOOLEAN, lambda value: value is None or value == "", takes_nothing=True),
    "date": Function((_DAYS | _TEXT,), Type.DATE, _day),
    "year": Function((_DAYS,), Type.NUMBER, lambda day: Decimal(day.year)),
    "month": Function((_DAYS,), Type.NUMBER, lambda day: Decimal(day.month)),
    "day": Function((_DAYS,), Type.NUMBER, lambda day: Decimal(day.day)),
    "weekday": Function((_DAYS,), Type.NUMBER, lambda day: Decimal(day.isoweekday())),
    "hour": Function((_MOMENT,), Type.NUMBER, lambda moment: Decimal(moment.hour)),
    "minute": Function((_MOMENT,), Type.NUMBER, lambda moment: Decimal(moment.minute)),
}

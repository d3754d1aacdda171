"""Filters on the body of events: a small form in JSON, compiled once into functions that need no database and no time.

    {"data.direction": "in", "data.talk_seconds": {"gte": 10}}             both hold
    {"or": [{"data.status": {"in": ["missed", "busy"]}}, {"not": {"data.client.number": {"prefix": "+375"}}}]}

A path begins with `type` or `data`, as in the body that is sent; a list on its way stands for each of its items, unless a
number chooses one. What is not there fulfils nothing but `ne` and `exists: false`.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DEEPEST: Final = 6
MOST_CONDITIONS: Final = 50
MOST_VALUES: Final = 100
LONGEST_TEXT: Final = 500
LONGEST_PATH: Final = 200
MOST_STEPS: Final = 10

Accepts = Callable[[str, Mapping[str, Any]], bool]
Test = Callable[[Any], bool]

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?\Z")
_ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


class BadFilter(ValueError):
    """`path` says where in the filter, such as `or[1].data.total.gte`; the text is for whoever wrote it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def compile_filter(expression: object) -> Accepts | None:
    """Whether an event of this type with this data is wanted; None when everything is. BadFilter for a mistake."""
    if expression == {}:
        return None
    return _Compiler().every(expression, "", 1)


def clean_filter(expression: object) -> dict[str, Any]:
    """The filter, or a ValidationError that names the place of the mistake."""
    try:
        compile_filter(expression)
    except BadFilter as error:
        raise ValidationError(str(error), code="filter") from error
    return dict(expression) if isinstance(expression, Mapping) else {}


class _Compiler:
    """One filter's; counts its conditions."""

    def __init__(self) -> None:
        self._conditions = 0

    def every(self, expression: object, path: str, depth: int) -> Accepts:
        """All entries of an object hold."""
        if not isinstance(expression, Mapping) or not expression:
            raise BadFilter(path, _("An object with conditions is expected here."))
        if depth > DEEPEST:
            raise BadFilter(path, _("The filter is nested too deeply."))
        parts = [self._entry(str(name), value, path, depth) for name, value in expression.items()]
        return parts[0] if len(parts) == 1 else lambda kind, data: all(part(kind, data) for part in parts)

    def _entry(self, name: str, value: object, path: str, depth: int) -> Accepts:
        place = f"{path}.{name[:LONGEST_PATH]}" if path else name[:LONGEST_PATH]
        if name == "not":
            inner = self.every(value, place, depth + 1)
            return lambda kind, data: not inner(kind, data)
        if name in ("and", "or"):
            return self._group(name, value, place, depth)
        return self._condition(_steps(name, place), value, place)

    def _group(self, name: str, value: object, place: str, depth: int) -> Accepts:
        if not isinstance(value, list) or not value:
            raise BadFilter(place, _("A list of objects with conditions is expected here."))
        if len(value) > MOST_CONDITIONS:
            raise BadFilter(place, _("At most %(count)d conditions.") % {"count": MOST_CONDITIONS})
        parts = [self.every(one, f"{place}[{index}]", depth + 1) for index, one in enumerate(value)]
        if name == "and":
            return lambda kind, data: all(part(kind, data) for part in parts)
        return lambda kind, data: any(part(kind, data) for part in parts)

    def _condition(self, steps: Sequence[str], value: object, place: str) -> Accepts:
        wanted = value if isinstance(value, Mapping) else {"eq": value}
        if not wanted:
            raise BadFilter(place, _("Say what is expected of this field."))
        tests = [self._test(str(name), operand, f"{place}.{name}"[:400]) for name, operand in wanted.items()]
        root, rest = steps[0], steps[1:]

        def holds(kind: str, data: Mapping[str, Any]) -> bool:
            found = list(_values(kind if root == "type" else data, rest))
            return all(test(found) for test in tests)

        return holds

    def _test(self, name: str, operand: object, place: str) -> Test:
        self._conditions += 1
        if self._conditions > MOST_CONDITIONS:
            raise BadFilter(place, _("At most %(count)d conditions.") % {"count": MOST_CONDITIONS})
        make = _TESTS.get(name)
        if make is None:
            known = ", ".join(_TESTS)
            raise BadFilter(place, _("There is no such comparison; known are %(known)s.") % {"known": known})
        return make(operand, place)


def _steps(path: str, place: str) -> list[str]:
    steps = path.split(".")
    if len(path) > LONGEST_PATH or len(steps) > MOST_STEPS or not all(steps):
        raise BadFilter(place, _("This is not a path such as data.client.number."))
    if steps[0] not in ("type", "data") or (steps[0] == "type") != (len(steps) == 1):
        raise BadFilter(place, _("A path is type, or begins with data. as in the body that is sent."))
    return steps


def _values(value: Any, steps: Sequence[str]) -> Iterator[Any]:
    """What stands at the end of a path; nothing when it leads nowhere."""
    for index, step in enumerate(steps):
        if isinstance(value, Mapping):
            if step not in value:
                return
            value = value[step]
        elif isinstance(value, list):
            if not step.isdecimal():
                for item in value:
                    yield from _values(item, steps[index:])
                return
            if len(step) > 6 or int(step) >= len(value):
                return
            value = value[int(step)]
        else:
            return
    yield value


def _scalar(operand: object, place: str) -> Any:
    if operand is None or isinstance(operand, bool | int | float):
        return operand
    if isinstance(operand, str) and len(operand) <= LONGEST_TEXT:
        return operand
    raise BadFilter(place, _("A text, a number, true, false or null is expected here."))


def _text(operand: object, place: str) -> str:
    if not isinstance(operand, str) or not 0 < len(operand) <= LONGEST_TEXT:
        raise BadFilter(place, _("A text is expected here."))
    return operand


def _is_equal(found: Any, wanted: Any) -> bool:
    """Amounts are texts in many bodies: a number in the filter means the value, in whatever form it came."""
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if isinstance(wanted, int | float):
        number = _as_number(found)
        return number is not None and number == wanted
    return type(found) is type(wanted) and bool(found == wanted)


def _as_number(found: Any) -> int | float | Decimal | None:
    if isinstance(found, int | float) and not isinstance(found, bool):
        return found
    return Decimal(found) if isinstance(found, str) and len(found) < 40 and _NUMBER.match(found) else None


def _equality(operand: object, place: str) -> Test:
    wanted = _scalar(operand, place)
    return lambda found: any(_is_equal(one, wanted) for one in found)


def _difference(operand: object, place: str) -> Test:
    wanted = _scalar(operand, place)
    return lambda found: not any(_is_equal(one, wanted) for one in found)


def _order(name: str) -> Callable[[object, str], Test]:
    compare = _ORDERS[name]

    def make(operand: object, place: str) -> Test:
        wanted = _scalar(operand, place)
        if isinstance(wanted, str):
            return lambda found: any(isinstance(one, str) and compare(one, wanted) for one in found)
        if wanted is None or isinstance(wanted, bool):
            raise BadFilter(place, _("A number or a text is expected here."))
        return lambda found: any(
            number is not None and compare(number, wanted) for number in map(_as_number, found)
        )

    return make


def _membership(operand: object, place: str) -> Test:
    if not isinstance(operand, list) or not 0 < len(operand) <= MOST_VALUES:
        raise BadFilter(
            place, _("A list of at most %(count)d values is expected here.") % {"count": MOST_VALUES}
        )
    wanted = [_scalar(one, f"{place}[{index}]") for index, one in enumerate(operand)]
    return lambda found: any(_is_equal(one, value) for one in found for value in wanted)


def _existence(operand: object, place: str) -> Test:
    if not isinstance(operand, bool):
        raise BadFilter(place, _("True or false is expected here."))
    return lambda found: any(one is not None for one in found) is operand


def _prefix(operand: object, place: str) -> Test:
    wanted = _text(operand, place)
    return lambda found: any(isinstance(one, str) and one.startswith(wanted) for one in found)


def _containing(operand: object, place: str) -> Test:
    wanted = _scalar(operand, place)

    def holds(one: Any) -> bool:
        if isinstance(one, str):
            return isinstance(wanted, str) and wanted in one
        return isinstance(one, list) and any(_is_equal(item, wanted) for item in one)

    return lambda found: any(holds(one) for one in found)


_TESTS: Final[Mapping[str, Callable[[object, str], Test]]] = {
    "eq": _equality,
    "ne": _difference,
    **{name: _order(name) for name in _ORDERS},
    "in": _membership,
    "exists": _existence,
    "prefix": _prefix,
    "contains": _containing,
}

"""Compiles an expression into functions, with Python's own grammar and a short list of what is allowed of it.

Nothing is ever evaluated by Python: each allowed piece becomes one small function here, and everything is typed before the
first row is read, so a mistake is found when it is written.
"""

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from exports.columns import DatasetColumn
from exports.computed import operators
from exports.computed.functions import FUNCTIONS, Function
from exports.computed.parsing import BadExpression, parsed
from exports.computed.values import (
    CONTEXT,
    LONGEST_TEXT,
    TITLES,
    Type,
    as_text,
    converter,
    kind_of_result,
    plain,
    type_of,
)
from exports.kinds import Kind

DEEPEST: Final = 20
MOST_PARTS: Final = 200
_NUMBER: Final = re.compile(r"(\d{1,30}(\.\d{0,20})?|\.\d{1,20})\Z")
_CONSTANTS: Final = {"true": True, "false": False, "none": None, "null": None}

Run = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, slots=True)
class Program:
    """`run` takes the raw values of the columns `names`, in their order, and gives a value of `kind`."""

    names: tuple[str, ...]
    kind: Kind
    run: Run


@dataclass(frozen=True, slots=True)
class Part:
    type: Type
    run: Run


def compile_expression(text: str, columns: Mapping[str, DatasetColumn], zone: ZoneInfo) -> Program:
    """Times are those of `zone`, labels and yes/no of the language in force. BadExpression for a mistake."""
    tree, source, start = parsed(text)
    compiler = _Compiler(source, start, columns, zone)
    part = compiler.part(tree, 1)
    run = part.run
    if part.type == Type.NUMBER:
        run = _plainly(part.run)
    return Program(tuple(compiler.names), kind_of_result(part.type), run)


def _plainly(run: Run) -> Run:
    def number(row: Sequence[Any]) -> Decimal | None:
        value = run(row)
        return None if value is None else plain(value)

    return number


class _Compiler:
    """One expression's; collects the columns that it uses."""

    def __init__(self, source: str, start: int, columns: Mapping[str, DatasetColumn], zone: ZoneInfo) -> None:
        self.names: list[str] = []
        self._source, self._start = source, start
        self._columns, self._zone = columns, zone
        self._count = 0
        self._yes, self._no = _("yes"), _("no")
        self._by_node: dict[type[ast.AST], Callable[[Any, int], Part]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._both,
            ast.Compare: self._comparison,
            ast.IfExp: lambda node, depth: self._choice(node.test, node.body, node.orelse, depth),
            ast.Call: self._call,
        }

    def part(self, node: ast.expr, depth: int) -> Part:
        self._count += 1
        if depth > DEEPEST or self._count > MOST_PARTS:
            raise self._bad(node, _("The expression is too complicated."))
        compile_ = self._by_node.get(type(node))
        if compile_ is None:
            raise self._bad(node, _("This is not allowed in an expression."))
        return compile_(node, depth + 1)

    def _bad(self, node: ast.AST, message: str) -> BadExpression:
        offset = getattr(node, "col_offset", 0)  # Python counts bytes
        before = self._source[self._start :].encode()[:offset].decode(errors="ignore")
        return BadExpression(self._start + len(before) + 1, message)

    def _constant(self, node: ast.Constant, _depth: int) -> Part:
        value: Any = node.value
        if value is None:
            return Part(Type.NOTHING, lambda row: None)
        if isinstance(value, bool):
            return Part(Type.BOOLEAN, lambda row: value)
        if isinstance(value, str):
            return Part(Type.TEXT, lambda row: value)
        # As it is written: Python would read 0.1 as something that is nearly that.
        written = ast.get_source_segment(self._source[self._start :], node) or ""
        if not isinstance(value, int | float) or not _NUMBER.match(written):
            raise self._bad(node, _("A number is written like 12 or 0.5."))
        exact = Decimal(written)
        return Part(Type.NUMBER, lambda row: exact)

    def _name(self, node: ast.Name, _depth: int) -> Part:
        column = self._columns.get(node.id)
        if column is None:
            if node.id.lower() in _CONSTANTS:
                return self._constant(ast.Constant(_CONSTANTS[node.id.lower()]), 0)
            raise self._bad(
                node,
                _("There is no column “%(name)s”. Known: %(known)s.")
                % {"name": node.id[:50], "known": ", ".join(self._columns)},
            )
        place, convert = self._place(column), converter(column.kind, self._zone)
        return Part(type_of(column.kind), lambda row: convert(row[place]))

    def _place(self, column: DatasetColumn) -> int:
        if column.name not in self.names:
            self.names.append(column.name)
        return self.names.index(column.name)

    def _binary(self, node: ast.BinOp, depth: int) -> Part:
        if type(node.op) not in operators.ALLOWED:
            raise self._bad(node, _("This is not allowed in an expression."))
        left, right = self.part(node.left, depth), self.part(node.right, depth)
        if isinstance(node.op, ast.BitAnd):
            return self._joined(left, right)
        found = operators.binary(type(node.op), left.type, right.type)
        if found is None:
            raise self._bad(node, _mismatch(left.type, right.type))
        gives, run = found
        return Part(gives, _strict(run, [left, right]))

    def _joined(self, left: Part, right: Part) -> Part:
        first, second = (as_text(one.type, self._yes, self._no) for one in (left, right))
        return Part(Type.TEXT, lambda row: (first(left.run(row)) + second(right.run(row)))[:LONGEST_TEXT])

    def _unary(self, node: ast.UnaryOp, depth: int) -> Part:
        inner = self.part(node.operand, depth)
        if isinstance(node.op, ast.Not):
            self._expect(node.operand, inner, Type.BOOLEAN)
            return Part(Type.BOOLEAN, lambda row: not inner.run(row))
        if isinstance(node.op, ast.Invert):
            raise self._bad(node, _("This is not allowed in an expression."))
        self._expect(node.operand, inner, Type.NUMBER)
        if isinstance(node.op, ast.UAdd):
            return inner
        return Part(Type.NUMBER, _strict(CONTEXT.minus, [inner]))

    def _both(self, node: ast.BoolOp, depth: int) -> Part:
        parts = [self.part(one, depth) for one in node.values]
        for one, part in zip(node.values, parts, strict=True):
            self._expect(one, part, Type.BOOLEAN)
        decide = all if isinstance(node.op, ast.And) else any
        return Part(Type.BOOLEAN, lambda row: decide(part.run(row) for part in parts))

    def _comparison(self, node: ast.Compare, depth: int) -> Part:
        compare = operators.COMPARISONS.get(type(node.ops[0]))
        if len(node.ops) > 1 or compare is None:
            raise self._bad(node, _("Compare two values with ==, !=, <, <=, > or >=."))
        left, right = self.part(node.left, depth), self.part(node.comparators[0], depth)
        first, second = left.run, right.run
        if self._common(node, [left.type, right.type]) == Type.MOMENT:
            first, second = operators.in_utc(first), operators.in_utc(second)
        return Part(Type.BOOLEAN, lambda row: compare(first(row), second(row)))

    def _choice(self, test: ast.expr, then: ast.expr, otherwise: ast.expr, depth: int) -> Part:
        condition, first, second = (self.part(one, depth) for one in (test, then, otherwise))
        self._expect(test, condition, Type.BOOLEAN)
        gives = self._common(otherwise, [first.type, second.type])
        return Part(gives, lambda row: first.run(row) if condition.run(row) else second.run(row))

    def _call(self, node: ast.Call, depth: int) -> Part:
        name = node.func.id.lower() if isinstance(node.func, ast.Name) else ""
        if node.keywords:
            raise self._bad(node, _("Arguments are written without names."))
        if name == "if":
            if len(node.args) != 3:
                raise self._bad(node, _("IF takes a condition and two values."))
            test, then, otherwise = node.args
            return self._choice(test, then, otherwise, depth)
        if name == "label":
            return self._label(node)
        function = FUNCTIONS.get(name)
        if function is None:
            known = ", ".join(["IF", "label", *FUNCTIONS])
            raise self._bad(node, _("There is no such function. Known: %(known)s.") % {"known": known})
        if not function.fewest <= len(node.args) <= function.most:
            raise self._bad(node, _("%(name)s takes another number of arguments.") % {"name": name})
        return self._applied(name, function, node, depth)

    def _applied(self, name: str, function: Function, node: ast.Call, depth: int) -> Part:
        parts = [self.part(one, depth) for one in node.args]
        for index, (one, part) in enumerate(zip(node.args, parts, strict=True)):
            largest = (function.constants or {}).get(index)
            if largest is not None and not _is_whole(one, largest):
                text = _("A whole number from 0 to %(largest)d is expected here.")
                raise self._bad(one, text % {"largest": largest})
            if part.type != Type.NOTHING and part.type not in function.takes_at(index):
                text = _("%(name)s does not take %(type)s.")
                raise self._bad(one, text % {"name": name, "type": TITLES[part.type]})
        gives = function.gives or self._common(node, [part.type for part in parts])
        if function.takes_nothing:
            return Part(gives, lambda row: function.run(*[part.run(row) for part in parts]))
        return Part(gives, _strict(function.run, parts))

    def _label(self, node: ast.Call) -> Part:
        """What people see of a value: in the language of the export."""
        named = node.args[0] if len(node.args) == 1 else None
        column = self._columns.get(named.id) if isinstance(named, ast.Name) else None
        if column is None or not column.labels:
            raise self._bad(node, _("label takes a column whose values have names, such as a status."))
        place = self._place(column)
        labels = {value: str(label) for value, label in column.labels.items()}
        return Part(
            Type.TEXT,
            lambda row: None if row[place] is None else labels.get(row[place], str(row[place])),
        )

    def _expect(self, node: ast.expr, part: Part, wanted: Type) -> None:
        if part.type not in (wanted, Type.NOTHING):
            text = _("%(wanted)s is expected here, not %(found)s.")
            raise self._bad(node, text % {"wanted": TITLES[wanted], "found": TITLES[part.type]})

    def _common(self, node: ast.AST, types: Sequence[Type]) -> Type:
        found = set(types) - {Type.NOTHING}
        if len(found) > 1:
            raise self._bad(node, _mismatch(*sorted(found)[:2]))
        return found.pop() if found else Type.NOTHING


def _mismatch(left: Type, right: Type) -> str:
    words = {"left": TITLES[left], "right": TITLES[right]}
    return _("%(left)s and %(right)s do not go together here; & joins them as a text.") % words


def _is_whole(node: ast.expr, largest: int) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest


def _strict(run: Callable[..., Any], parts: Sequence[Part]) -> Run:
    """Nothing in, nothing out; and so for what has no result, such as a division by zero."""

    def apply(row: Sequence[Any]) -> Any:
        values = [part.run(row) for part in parts]
        if any(value is None for value in values):
            return None
        try:
            return run(*values)
        except ArithmeticError:
            return None

    return apply

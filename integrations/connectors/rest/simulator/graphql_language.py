"""GraphQL documents as text -> what they ask for (https://spec.graphql.org/October2021/, section 2).

One operation or several, with variables of any type, and every kind of value. No fragments, no directives.
"""

import re
from dataclasses import dataclass, field
from typing import Any

_IGNORED = re.compile(r"(?:[\s,\ufeff]|#[^\n\r]*)+")
_TOKEN = re.compile(
    r'(?P<block>"""(?:\\"""|[^"]|"(?!""))*""")'
    r'|(?P<string>"(?:[^"\\\n\r]|\\.)*")'
    r"|(?P<float>-?(?:0|[1-9]\d*)(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)(?![\w.]))"
    r"|(?P<int>-?(?:0|[1-9]\d*)(?![\w.]))"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark>\.\.\.|[!$&():=@\[\]{|}])"
)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)")
OPERATIONS = ("query", "mutation", "subscription")


class Faulty(Exception):
    """A request error: nothing is executed. Its message and its code."""

    def __init__(self, message: str, code: str = "GRAPHQL_VALIDATION_FAILED") -> None:
        super().__init__(message)
        self.code = code


class Syntax(Faulty):
    """The text is no document."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Syntax Error: {message}", "GRAPHQL_PARSE_FAILED")


@dataclass(frozen=True, slots=True)
class Type:
    """`inner` is set for a list; `name` otherwise."""

    name: str = ""
    inner: "Type | None" = None
    is_needed: bool = False

    def __str__(self) -> str:
        return (f"[{self.inner}]" if self.inner else self.name) + ("!" if self.is_needed else "")


@dataclass(frozen=True, slots=True)
class Variable:
    name: str


@dataclass(frozen=True, slots=True)
class Enum:
    name: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A variable of an operation."""

    type: Type
    has_default: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    alias: str
    arguments: dict[str, Any]
    fields: tuple["Field", ...] = ()

    @property
    def key(self) -> str:
        return self.alias or self.name


@dataclass(slots=True)
class Operation:
    kind: str
    name: str = ""
    variables: dict[str, Declared] = field(default_factory=dict)
    fields: tuple[Field, ...] = ()


def operations(text: str) -> list[Operation]:
    """Raises `Syntax`."""
    reader = _Reader(_tokens(text))
    found = []
    while not reader.is_over:
        found.append(reader.operation())
    if not found:
        raise Syntax("Unexpected <EOF>.")
    return found


def type_of(text: str) -> Type:
    """As a schema writes it, such as `[PhoneInput!]`."""
    return _Reader(_tokens(text)).type()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(text):
        ignored = _IGNORED.match(text, place)
        if ignored:
            place = ignored.end()
            continue
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise Syntax(f'Unexpected character: "{text[place]}".')
        found.append((token.lastgroup, token.group()))
        place = token.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._place = tokens, 0

    @property
    def is_over(self) -> bool:
        return self._place >= len(self._tokens)

    def operation(self) -> Operation:
        if self._see() == "{":
            return Operation("query", fields=self._selection())
        kind = self._name()
        if kind not in OPERATIONS:
            raise Syntax(f'Unexpected Name "{kind}".')
        made = Operation(kind, "" if self._see() in ("(", "{") else self._name())
        if self._took("("):
            while not self._took(")"):
                self._want("$")
                name = self._name()
                self._want(":")
                made.variables[name] = self._declared()
        made.fields = self._selection()
        return made

    def _declared(self) -> Declared:
        type_ = self.type()
        if not self._took("="):
            return Declared(type_)
        return Declared(type_, has_default=True, default=self._value(is_constant=True))

    def type(self) -> Type:
        if self._took("["):
            inner = self.type()
            self._want("]")
            return Type(inner=inner, is_needed=self._took("!"))
        name = self._name()
        return Type(name, is_needed=self._took("!"))

    def _selection(self) -> tuple[Field, ...]:
        self._want("{")
        found = []
        while not self._took("}"):
            name, alias = self._name(), ""
            if self._took(":"):
                name, alias = self._name(), name
            arguments = self._arguments()
            inner = self._selection() if self._see() == "{" else ()
            found.append(Field(name, alias, arguments, inner))
        if not found:
            raise Syntax('Expected Name, found "}".')
        return tuple(found)

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._took("("):
            while not self._took(")"):
                self._pair(found)
        return found

    def _pair(self, found: dict[str, Any], *, is_constant: bool = False) -> None:
        name = self._name()
        self._want(":")
        if name in found:
            raise Faulty(f'There can be only one input field named "{name}".')
        found[name] = self._value(is_constant=is_constant)

    def _value(self, *, is_constant: bool = False) -> Any:
        if self._took("$"):
            if is_constant:
                raise Syntax("Unexpected variable in constant value.")
            return Variable(self._name())
        if self._took("["):
            items = []
            while not self._took("]"):
                items.append(self._value(is_constant=is_constant))
            return items
        if self._took("{"):
            found: dict[str, Any] = {}
            while not self._took("}"):
                self._pair(found, is_constant=is_constant)
            return found
        return _plain(*self._next())

    def _see(self) -> str:
        if self.is_over:
            raise Syntax("Unexpected <EOF>.")
        return self._tokens[self._place][1]

    def _next(self) -> tuple[str, str]:
        self._see()
        self._place += 1
        return self._tokens[self._place - 1]

    def _name(self) -> str:
        kind, text = self._next()
        if kind != "name":
            raise Syntax(f'Expected Name, found "{text}".')
        return text

    def _took(self, mark: str) -> bool:
        is_there = self._see() == mark if not self.is_over else False
        self._place += is_there
        return is_there

    def _want(self, mark: str) -> None:
        _kind, text = self._next()
        if text != mark:
            raise Syntax(f'Expected "{mark}", found "{text}".')


def _plain(kind: str, text: str) -> Any:
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    if kind == "string":
        return _ESCAPED.sub(_unescaped, text[1:-1])
    if kind == "block":
        return text[3:-3].replace('\\"""', '"""').strip("\n")
    if kind == "name":
        return {"true": True, "false": False, "null": None}.get(text, Enum(text))
    raise Syntax(f'Unexpected "{text}".')


def _unescaped(found: re.Match[str]) -> str:
    code = found.group(1)
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

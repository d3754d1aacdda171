"""Templates for bodies: the part of Jinja that shows values, chooses and repeats, within bounds.

Jinja, and not Django's own language, because its sandbox is made for templates of strangers, because a template is a tree
that can be examined before it runs, and because it yields its output in pieces that can be counted. What is not named here
is refused when the template is saved: no calls, no assignments, no arithmetic that makes texts longer, no attributes but
the keys of JSON. What a render may use of time, repetitions and output is bounded while it runs.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import jinja2
from django.utils.translation import gettext as _
from jinja2 import nodes
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment

from webhooks.formats.occasion import Occasion, RenderFailed
from webhooks.formats.template_filters import FILTERS, LARGEST_OUTPUT, Raw, as_text

LONGEST: Final = 16 * 1024
MOST_REPETITIONS: Final = 10_000
CPU_SECONDS: Final = 0.25
DEEPEST: Final = 24
DEEPEST_LOOPS: Final = 2

Escape = Callable[[str], str]

_ALLOWED: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.If,
    nodes.For,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Add,
    nodes.Sub,
    nodes.Div,
    nodes.Test,
    nodes.List,
    nodes.Tuple,
    nodes.Keyword,
)
_LOOP_NAMES: Final = frozenset({"index", "index0", "first", "last", "length"})
_TESTS: Final = ("defined", "undefined", "none", "string", "number", "mapping", "sequence", "true", "false")


class BadTemplate(ValueError):
    """The template cannot be used; the text names the line."""


@dataclass(slots=True)
class _Budget:
    """What is left for one render."""

    repetitions: int = MOST_REPETITIONS
    output: int = LARGEST_OUTPUT
    until: float = field(default_factory=lambda: time.thread_time() + CPU_SECONDS)

    def spend(self, *, repetitions: int = 0, output: int = 0) -> None:
        self.repetitions -= repetitions
        self.output -= output
        if self.output < 0:
            raise RenderFailed(_("The body becomes larger than 256 KB."))
        if self.repetitions < 0 or time.thread_time() > self.until:
            raise RenderFailed(_("The template takes too long: it repeats too much."))


class _Sandbox(SandboxedEnvironment):
    """Reaches nothing but the keys and places of JSON."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, LoopContext):
            if argument in _LOOP_NAMES:
                return getattr(obj, argument)
        elif isinstance(obj, Mapping):
            if isinstance(argument, str) and argument in obj:
                return obj[argument]
        elif isinstance(obj, list | tuple):
            is_place = isinstance(argument, int) and not isinstance(argument, bool)
            if is_place and -len(obj) <= argument < len(obj):
                return obj[argument]
        return self.undefined(obj=obj, name=str(argument)[:50])

    def is_safe_callable(self, obj: Any) -> bool:
        return False


@jinja2.pass_context
def _counted(context: Context, value: Any) -> Iterator[Any]:
    """Put around everything that is repeated over."""
    budget: _Budget = context["_budget"]
    if not isinstance(value, list | tuple | Mapping | jinja2.Undefined):
        raise RenderFailed(_("Only lists and objects can be repeated over."))
    for one in value:
        budget.spend(repetitions=1)
        yield one


def _environment(escape: Escape) -> SandboxedEnvironment:
    def finalize(value: Any) -> str:
        return value if isinstance(value, Raw) else escape(as_text(value))

    made = _Sandbox(
        undefined=jinja2.ChainableUndefined, finalize=finalize, optimized=False, cache_size=0, loader=None
    )
    made.globals.clear()
    made.filters = {**FILTERS, "_counted": _counted}
    made.tests = {name: made.tests[name] for name in _TESTS} | {
        name: test for name, test in made.tests.items() if name in ("odd", "even")
    }
    return made


class Template:
    """A checked template; `escape` makes inserted values harmless where they are inserted."""

    def __init__(self, source: str, escape: Escape) -> None:
        if len(source) > LONGEST:
            raise BadTemplate(_("The template is too long; 16 KB are the limit."))
        environment = _environment(escape)
        try:
            tree = environment.parse(source)
            _examine(tree, 0, 0)
            self._template = environment.from_string(tree)
        except jinja2.TemplateSyntaxError as error:
            raise BadTemplate(_in_line(error.lineno, str(error.message))) from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            raise BadTemplate(_("The template is nested too deeply.")) from error

    def render(self, occasion: Occasion) -> str:
        """RenderFailed says what is wrong, and in which line where that is known."""
        budget = _Budget()
        names = {
            "id": occasion.message_id,
            "type": occasion.type,
            "time": occasion.moment,
            "local_time": occasion.local_time,
            "title": occasion.title,
            "company": occasion.company.name,
            "data": occasion.data,
            "_budget": budget,
            "_zone": occasion.company.zone,
        }
        pieces = []
        try:
            for piece in self._template.generate(names):
                budget.spend(output=len(piece))
                pieces.append(piece)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise RenderFailed(_in_line(_line_of(error), str(error))) from error
        return "".join(pieces)


@lru_cache(maxsize=1000)
def template(source: str, escape: Escape) -> Template:
    """BadTemplate for a mistake."""
    return Template(source, escape)


def _examine(node: nodes.Node, depth: int, loops: int) -> None:
    """Refuse what is not allowed, and count what is repeated."""
    if not isinstance(node, _ALLOWED):
        raise BadTemplate(
            _in_line(node.lineno, _("“%(what)s” cannot be used here.") % {"what": _called(node)})
        )
    if depth > DEEPEST:
        raise BadTemplate(_in_line(node.lineno, _("The template is nested too deeply.")))
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        raise BadTemplate(_in_line(node.lineno, _("“%(what)s” cannot be used here.") % {"what": node.name}))
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise BadTemplate(
            _in_line(node.lineno, _("There is no filter “%(name)s”.") % {"name": node.name[:50]})
        )
    if isinstance(node, nodes.For):
        loops += 1
        if loops > DEEPEST_LOOPS or node.recursive:
            raise BadTemplate(_in_line(node.lineno, _("Loops can be nested twice at most.")))
    for child in node.iter_child_nodes():
        _examine(child, depth + 1, loops)
    if isinstance(node, nodes.For):
        node.iter = nodes.Filter(node.iter, "_counted", [], [], None, None, lineno=node.lineno)


def _called(node: nodes.Node) -> str:
    return {"Call": "()", "Assign": "set", "AssignBlock": "set", "Mul": "*", "Pow": "**", "Mod": "%"}.get(
        type(node).__name__, type(node).__name__.lower()
    )


def _in_line(line: int | None, what: str) -> str:
    return _("Line %(line)d: %(what)s") % {"line": line, "what": what} if line else what


def _line_of(error: Exception) -> int | None:
    """Jinja puts the template's own lines into the traceback."""
    trace, found = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            found = trace.tb_lineno
        trace = trace.tb_next
    return found

"""Reads the text of an expression with Python's own grammar, and says in plain words where it cannot be read."""

import ast
import re
from typing import Final

from django.utils.translation import gettext as _

LONGEST: Final = 500


class BadExpression(ValueError):
    """`place` counts characters from 1; the text is for whoever wrote it."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(_("character %(place)d: %(problem)s") % {"place": place, "problem": message})
        self.place = place
        self.message = message


def parsed(text: str) -> tuple[ast.expr, str, int]:
    """The tree, the text that its places count in, and how many blanks stand before it there. BadExpression for no expression."""
    source = re.sub(r"\s", " ", text)
    start = len(source) - len(source.lstrip())
    if not source.strip():
        raise BadExpression(1, _("Write an expression, such as total - paid."))
    if len(text) > LONGEST:
        raise BadExpression(LONGEST, _("At most %(limit)d characters.") % {"limit": LONGEST})
    return _tree(source, start), source, start


def _tree(source: str, start: int) -> ast.expr:
    try:
        return ast.parse(source[start:], mode="eval").body
    except SyntaxError as error:
        place = start + (error.offset or len(source) - start + 1)  # none is the end
        if re.match(r".*\bif\s*\(", source) and not re.search(r"\belse\b", source):
            raise BadExpression(
                place, _("A condition is written IF(condition, then, otherwise), in capitals.")
            ) from error
        raise BadExpression(place, _("This cannot be read: a sign is missing or too many here.")) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise BadExpression(start + 1, _("This cannot be read.")) from error

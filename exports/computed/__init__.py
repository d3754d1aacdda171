"""Computed columns: a small language over a dataset's own columns, compiled into functions that need no database."""

from exports.computed.compiling import Program, compile_expression
from exports.computed.parsing import BadExpression

__all__ = ["BadExpression", "Program", "compile_expression"]

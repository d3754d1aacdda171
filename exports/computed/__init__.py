"""Computed columns: a small language over a dataset's own columns, compiled into functions that need no database."""

from exports.computed.compiling import BadExpression, Program, compile_expression

__all__ = ["BadExpression", "Program", "compile_expression"]

"""Keeps secrets out of the log, whoever wrote the line."""

import logging

from config.masking import masked


class MaskSecrets(logging.Filter):
    """Masks the finished message of every record, and the text of its exception."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # A format that does not fit its arguments. Handlers report that; a filter's exception would reach the caller.
            message = f"{record.msg!s} {record.args!r}"
        record.msg, record.args = masked(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = masked(record.stack_info)
        return True

"""What keeps an installation from starting, in words instead of a traceback: its folder, its disk, its database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import CommandError
from django.db import OperationalError
from django.utils.translation import gettext as _

from config.env import unusable

SQLITE_CANNOT_WRITE = ("disk is full", "readonly", "unable to open database file", "disk i/o error")


@contextmanager
def explained() -> Iterator[None]:
    """CommandError for what an operator mends."""
    try:
        yield
    except OSError as error:
        raise CommandError(unusable(error, _)) from error
    except OperationalError as error:
        is_file = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
        if is_file and any(words in str(error) for words in SQLITE_CANNOT_WRITE):
            raise CommandError(unusable(error, _)) from error
        raise CommandError(
            _("The database does not answer: %(reason)s") % {"reason": str(error).strip()}
        ) from error

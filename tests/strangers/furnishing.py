"""Companies with everything in them, made once for all tests of a module.

Their rows live in a transaction around the tests' own, which are savepoints in it: what a test does to them is gone
with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.db import transaction
from django.test import Client, override_settings

from exports.models import Export
from tenants.models import Tenant
from tenants.tests.factories import make_tenant
from tests.strangers.belongings import Belongings, write_file


@contextmanager
def lasting_rows(blocker: Any, folder: Path) -> Iterator[None]:
    """Rows that are made at its beginning are there until its end; files go below the folder."""
    with (
        blocker.unblock(),
        override_settings(EXPORT_DIR=folder, LANGUAGE_CODE="en"),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)


def furnished() -> Belongings:
    belongings = Belongings(make_tenant())
    Tenant.objects.filter(pk=belongings.tenant.pk).update(name=belongings.mark)
    belongings.make_all()
    return belongings


def put_files_back(belongings: Belongings) -> None:
    """No rollback brings back a file that a test had deleted."""
    write_file(belongings.of(Export), belongings)


class SteadyClient(Client):
    """Begins each test with the cookies that it was given first: a test may have signed it out."""

    def settle(self) -> "SteadyClient":
        self._first_cookies = deepcopy(self.cookies)
        return self

    def begin_again(self) -> None:
        self.cookies = deepcopy(self._first_cookies)

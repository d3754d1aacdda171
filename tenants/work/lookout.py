"""One look for all lanes of a process at what is due, where the database is a file.

Looking there costs microseconds, so that it is done often; a lease is a write. Some twenty lanes that each tried for one ten
times a second took the file's only place for writing hundreds of times a second for nothing, and kept an idle machine busy.
"""

import threading
from collections.abc import Callable, Sequence

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from tenants.scoping import all_tenants
from tenants.work.dialect import dialect

LOOK_SECONDS = 0.1


class Lookout(threading.Thread):
    """Calls `heard` with the name of each lane that has something due, again and again until it is taken."""

    def __init__(self, lane_names: Sequence[str], heard: Callable[[str], None]) -> None:
        super().__init__(name="lookout", daemon=True)
        self._lane_names, self._heard = lane_names, heard
        self._stopping = threading.Event()

    def run(self) -> None:
        with all_tenants():
            while not self._stopping.wait(LOOK_SECONDS):
                for name in self._due():
                    self._heard(name)
        connection.close()

    def stop(self) -> None:
        self._stopping.set()

    def _due(self) -> list[str]:
        try:
            return due_lanes(self._lane_names)
        except (OperationalError, InterfaceError):
            close_old_connections()
            return []  # the runners say that the database is away


def due_lanes(names: Sequence[str]) -> list[str]:
    """Those of the lanes that have a row which is due; one statement, which only reads."""
    moment, values = dialect().after(0, None)
    marks = ", ".join(["(%s)"] * len(names))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH asked (name) AS (VALUES {marks}) SELECT name FROM asked"  # noqa: S608 marks only
            f" WHERE EXISTS (SELECT 1 FROM tenants_work WHERE lane = asked.name AND due <= {moment})",
            [*names, *values],
        )
        return [name for (name,) in cursor.fetchall()]

"""What else an installation may be doing while something is measured: it exports and synchronises, one after the other, without end.

Both run in the worker that `serve` starts for them.
"""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.installation import Installation
from benchmarks.pages import serving

PAGE = 500
START_SECONDS = 120


@dataclass(slots=True)
class Load:
    """Afterwards: rows that were exported and contacts that were read meanwhile, and the most memory of their worker, in MB."""

    exported: int = 0
    read: int = 0
    worker_mb: float = 0.0

    def __str__(self) -> str:
        return f"beside it {self.exported:,} rows were exported and {self.read:,} contacts read, by a worker of {self.worker_mb:.0f} MB"


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--beside-export", type=int, default=0, metavar="ROWS", help="while files of so many rows are written"
    )
    parser.add_argument(
        "--beside-sync", type=int, default=0, metavar="CONTACTS", help="while so many are read from a CRM"
    )


@contextmanager
def at_work(installation: Installation, options: Namespace) -> Iterator[Load]:
    """From before the block until its end."""
    load = Load()
    if not (options.beside_export or options.beside_sync):
        yield load
        return
    with serving(max(options.beside_sync, 1), PAGE) as crm:
        worker = installation.start_role("worker-batch")
        started = [worker]
        if options.beside_export:
            installation.call("benchmarks.exports_rows:fill", count=options.beside_export)
            started.append(installation.start("-m", "benchmarks.inside", "benchmarks.beside:export", "{}"))
            _wait_until(installation, "exported")
        if options.beside_sync:
            installation.call("benchmarks.beside:connect", port=crm)
            started.append(
                installation.start("-m", "benchmarks.inside", "benchmarks.beside:synchronise", "{}")
            )
            _wait_until(installation, "read")
        before = installation.call("benchmarks.beside:done")
        yield load
        after = installation.call("benchmarks.beside:done")
        load.exported, load.read = (after[name] - before[name] for name in ("exported", "read"))
        load.worker_mb = installation.usage(worker).peak_mb
        if (options.beside_export and not load.exported) or (options.beside_sync and not load.read):
            raise RuntimeError(f"Nothing was done meanwhile: {load}")
        installation.stop(*started)


def _wait_until(installation: Installation, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not installation.call("benchmarks.beside:done")[name]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing is {name}")


def export() -> None:
    """Runs inside, until it is stopped."""
    from benchmarks.exports_job import ask
    from exports.models import UNFINISHED, Export

    while True:
        key = ask("csv")
        while Export.objects.filter(pk=key, state__in=UNFINISHED).exists():
            time.sleep(0.2)


def connect(port: int) -> None:
    """Runs inside: a company with a system of contacts, by the connector for any system with a REST API."""
    from integrations.actions.save_integration import create_integration
    from integrations.actions.save_mapping import save_mapping
    from integrations.models import SyncPlan
    from tenants.models import Tenant

    contacts = {
        "kind": "contact",
        "list_path": "/contacts",
        "items": "items",
        "paging": "offset",
        "page_parameter": "offset",
        "total_field": "total",
        "updated_field": "changed",
    }
    tenant = Tenant.objects.create(number="7100", name="Shop", timezone="Europe/Minsk", phone_region="BY")
    values = {
        "settings": {"url": f"http://127.0.0.1:{port}", "kinds": [contacts]},
        "credentials": {"key": "k"},
    }
    made = create_integration(tenant, "rest", "Contacts", **values)  # type: ignore[arg-type]
    save_mapping(
        made,
        "contact",
        [{"theirs": name, "ours": name} for name in ("name", "phones", "comment", "position")],
    )
    SyncPlan.objects.create(tenant=tenant, integration=made, kind="contact")


def synchronise() -> None:
    """Runs inside, until it is stopped."""
    from integrations.actions.run_sync import run_sync
    from integrations.models import SyncPlan, SyncRun

    plan = SyncPlan.objects.get()
    while True:
        key = run_sync(plan, is_full=True).pk
        while SyncRun.objects.filter(pk=key, finished_at=None).exists():
            time.sleep(0.2)


def done() -> dict[str, int]:
    """Runs inside: how much so far."""
    from django.db.models import Sum

    from exports.models import Export
    from integrations.models import SyncRun

    return {
        "exported": Export.objects.aggregate(rows=Sum("rows_done"))["rows"] or 0,
        "read": SyncRun.objects.aggregate(rows=Sum("read"))["rows"] or 0,
    }

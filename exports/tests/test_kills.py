"""A worker that is killed while it writes: half a file is never offered, and the next worker begins anew."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports.lanes import LANE
from exports.models import State
from exports.tests.support import ask, fresh, make_entries, path_of, read_csv
from tenants.models import Tenant, Work
from tenants.tests.factories import make_api_key, make_tenant
from tenants.tests.lanes import wait_for
from tenants.tests.workers import Workers
from tests.processes import PATIENCE_SECONDS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.timeout(1500)]


@pytest.fixture
def tenant(transactional_db: None) -> Tenant:
    return make_tenant()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    found = Workers(tmp_path, "exports.tests.slow_worker")
    yield found
    found.end()


@pytest.mark.parametrize(
    ("format", "options"),
    [("csv", {}), ("csv", {"compress": "zip"}), ("xlsx", {})],
    ids=["csv", "zip", "xlsx"],
)
def test_half_a_file_is_never_offered(
    tenant: Tenant, workers: Workers, settings: Any, format: str, options: dict[str, str]
) -> None:
    make_entries(tenant, 200)
    hold = workers.folder / "hold"
    hold.touch()
    export = ask(tenant, format=format, options=options)
    worker = workers.started(EXPORT_DIR=str(settings.EXPORT_DIR))
    wait_for(lambda: fresh(export).rows_done > 0, "some rows", PATIENCE_SECONDS)

    worker.kill()
    worker.wait()

    place = path_of(export).parent
    assert fresh(export).state == State.RUNNING
    assert [path.suffix for path in place.iterdir()] == [".part"]
    client = Client(headers={"Authorization": f"Bearer {make_api_key(tenant, ['exports:*'])[1]}"})
    assert client.get(f"/export/{export.pk}/download").status_code == 409

    hold.unlink()
    Work.objects.filter(lane=LANE).update(
        due=timezone.now() - timedelta(seconds=1)
    )  # the dead one's lease ends
    workers.start()
    wait_for(lambda: fresh(export).is_finished, "the file", 5 * PATIENCE_SECONDS)  # a worker starts meanwhile

    done = fresh(export)
    assert (done.state, done.rows_done, done.reason) == (State.DONE, 200, "")
    assert [path.name for path in place.iterdir()] == [path_of(export).name]
    assert path_of(export).stat().st_size == done.size
    assert not Work.objects.filter(lane=LANE).exists()
    if not options and format == "csv":
        assert len(read_csv(done)) == 201

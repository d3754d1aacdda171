"""A job from the question to the file: what it holds, how it fails, and what it tells."""

import errno
import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from config.celery_settings import beat_schedule
from exports.actions import cancel_export, delete_export, expire_exports, remove_orphans, rerun_export
from exports.engine import files
from exports.engine.database import estimate
from exports.lanes import LANE, MAX_ATTEMPTS
from exports.models import Export, State
from exports.tasks import expire
from exports.tests.support import ask, fresh, make_entries, path_of, read_csv, read_xlsx, run
from tenants.ids import uuid7
from tenants.models import Event, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant, make_user
from tenants.work import drain

HOSTILE = ["=cmd|' /C calc'!A0", "Привет, 🙂", 'a<b>&"c"', "x" * 40_000, "line\nline"]


def test_csv(tenant: Tenant) -> None:
    make_entries(tenant, 1, object_name="Дверь", after={"a": [1, "б"]}, created_at="2026-01-31T21:05:00.5Z")

    done = run(ask(tenant))

    assert read_csv(done) == [
        ["When", "Who", "Kind", "From", "After", "What"],
        ["2026-02-01 00:05:00", "anna", "person", "127.0.0.1", '{"a": [1, "б"]}', "thing.done Дверь"],
    ]


def test_xlsx_with_labels_in_the_readers_language(tenant: Tenant) -> None:
    extension = make_extension(tenant, "0150")
    login = make_member(tenant, "owner", extension=extension).user.username

    with tenant_scope(tenant):
        done = run(ask(tenant, "members", "xlsx", columns=["user", "role", "extension", "is_active"]))

    assert read_xlsx(path_of(done)) == [
        ["Login", "Role", "Extension", "Active"],
        [login, "owner", "0150", "yes"],
    ]


def test_a_column_computed_in_python_gives_the_same_cells_as_the_database(tenant: Tenant) -> None:
    make_member(tenant, "agent", extension=make_extension(tenant, "0150"))
    make_member(tenant, user=make_user(username="hidden"))
    columns = ["user", "role", "extension", "is_active", "created_at"]

    fast = run(ask(tenant, "members", columns=columns))
    slow = run(ask(tenant, "members", columns=[*columns, "greeting"]))

    assert fast.rows_done == 1
    assert [row[:-1] for row in read_csv(slow)] == read_csv(fast)
    assert read_csv(slow)[1][-1].startswith("'=Hello ")


def test_json_lines(tenant: Tenant) -> None:
    make_entries(tenant, 1, after={"a": 1}, actor_kind="key", created_at="2026-01-31T21:05:00Z")

    done = run(ask(tenant, format="jsonl", columns=["created_at", "actor_kind", "after"]))

    assert [json.loads(line) for line in path_of(done).read_text().splitlines()] == [
        {"created_at": "2026-02-01T00:05:00+03:00", "actor_kind": "key", "after": {"a": 1}}
    ]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_hostile_values_move_nothing(tenant: Tenant, format: str) -> None:
    for value in HOSTILE:
        make_entries(tenant, 1, object_name="", after=value)

    done = run(ask(tenant, format=format, columns=["after", "actor"]))

    rows = read_csv(done) if format == "csv" else read_xlsx(path_of(done))
    assert [row[1] for row in rows] == ["Who"] + ["anna"] * len(HOSTILE)
    assert rows[1][0] == ("'" if format == "csv" else "") + HOSTILE[0]
    assert len(rows[4][0]) == (40_000 if format == "csv" else 32_767)


def test_a_finished_export_says_what_it_is(tenant: Tenant, settings: Any) -> None:
    settings.EXPORT_RETENTION_HOURS = 5
    make_entries(tenant, 3)

    done = run(ask(tenant))

    content = path_of(done).read_bytes()
    assert (done.state, done.rows_done, done.rows_total, done.percent) == (State.DONE, 3, 3, 100)
    assert done.size == len(content)
    assert done.sha256 == hashlib.sha256(content).hexdigest()
    assert done.finished_at is not None
    assert done.expires_at == done.finished_at + timedelta(hours=5)
    assert done.file_name.startswith("Audit-trail ")
    assert [path.name for path in path_of(done).parent.iterdir()] == [f"{done.pk}.csv"]
    with tenant_scope(tenant):
        event = Event.objects.get()
    assert event.type == "export.completed"
    assert event.data["rows"] == 3
    assert event.data["download"].endswith(f"/export/{done.pk}/download")
    assert not Work.objects.filter(lane=LANE).exists()


def test_only_the_tenants_own_rows_are_written(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    make_entries(make_tenant(), 5)

    assert run(ask(tenant)).rows_done == 2


def test_a_file_that_grows_too_large_fails_in_words(tenant: Tenant, settings: Any) -> None:
    settings.EXPORT_MAX_FILE_SIZE = 1_000
    make_entries(tenant, 100)

    failed = run(ask(tenant))

    assert (failed.state, failed.error_code) == (State.FAILED, "too_large")
    assert "1000" in failed.reason.replace("\xa0", " ")
    assert list(path_of(failed).parent.iterdir()) == []
    with tenant_scope(tenant):
        assert Event.objects.get().data["code"] == "too_large"


def test_a_full_disk_fails_in_words(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    failed = run(ask(tenant))

    assert (failed.state, failed.error_code) == (State.FAILED, "disk_full")
    assert list(path_of(failed).parent.iterdir()) == []


def test_a_question_that_makes_no_sense_any_more_fails_in_words(tenant: Tenant) -> None:
    export = ask(tenant)
    with all_tenants():
        Export.objects.update(columns=["gone"])

    assert (run(export).state, fresh(export).error_code) == (State.FAILED, "outdated")


def test_a_database_that_is_away_is_waited_for(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    export = ask(tenant)
    with monkeypatch.context() as patch:
        patch.setattr("exports.engine.job.estimate", _away)
        assert run(export).state == State.PENDING

    drain(LANE, now=timezone.now() + timedelta(minutes=10))

    assert fresh(export).state == State.DONE
    assert [path.name for path in path_of(export).parent.iterdir()] == [f"{export.pk}.csv"]


def _away(*_args: object) -> int:
    raise OperationalError("server closed the connection unexpectedly")


def test_an_export_that_keeps_killing_its_worker_is_given_up(tenant: Tenant) -> None:
    export = ask(tenant)
    Work.objects.update(attempts=MAX_ATTEMPTS)

    failed = run(export)

    assert (failed.state, failed.error_code) == (State.FAILED, "gave_up")


def test_a_killed_worker_leaves_nothing_offered_and_the_next_starts_clean(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    export = ask(tenant)
    with all_tenants():
        Export.objects.update(state=State.RUNNING, rows_done=1)
    remains = files.folder(tenant.pk) / f"{export.pk}.{uuid7()}.part"
    remains.parent.mkdir(parents=True)
    remains.write_bytes(b"half a file")

    done = run(export)

    assert len(read_csv(done)) == 3
    assert [path.name for path in remains.parent.iterdir()] == [f"{export.pk}.csv"]


def test_a_cancelled_export_never_runs(tenant: Tenant) -> None:
    export = ask(tenant)

    with tenant_scope(tenant):
        assert cancel_export(export)
        assert not cancel_export(export)

    assert run(export).state == State.CANCELLED
    assert not path_of(export).exists()
    assert not Work.objects.filter(lane=LANE).exists()


def test_deleting_removes_row_file_and_work(tenant: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    done, waiting = run(ask(tenant)), ask(tenant)
    file = path_of(done)

    with tenant_scope(tenant), django_capture_on_commit_callbacks(execute=True):
        delete_export(done)
        delete_export(waiting)

    assert not file.exists()
    with all_tenants():
        assert not Export.objects.exists()
    assert not Work.objects.filter(lane=LANE).exists()


def test_a_rerun_asks_the_same_again(tenant: Tenant) -> None:
    make_entries(tenant, 2)
    first = run(ask(tenant, columns=["actor"], filters={"actor": "anna"}, options={"delimiter": "tab"}))

    with tenant_scope(tenant):
        second = run(rerun_export(first))

    assert second.pk != first.pk
    assert second.asked() == first.asked()
    assert path_of(second).read_bytes() == path_of(first).read_bytes()


def test_an_expired_file_is_removed_and_told(tenant: Tenant) -> None:
    done = run(ask(tenant))
    with all_tenants():
        assert expire_exports() == 0
        Export.objects.update(expires_at=timezone.now())
        assert expire_exports() == 1
        assert expire_exports() == 0

    assert fresh(done).state == State.EXPIRED
    assert not path_of(done).exists()
    with tenant_scope(tenant):
        assert list(Event.objects.order_by("id").values_list("type", flat=True)) == [
            "export.completed",
            "export.expired",
        ]


def test_beat_expires_exports(tenant: Tenant) -> None:
    done = run(ask(tenant))
    with all_tenants():
        Export.objects.update(expires_at=timezone.now())

    expire.run()

    assert expire.name in {entry["task"] for entry in beat_schedule.values()}
    assert fresh(done).state == State.EXPIRED


def test_only_old_orphans_are_removed(tenant: Tenant) -> None:
    done = run(ask(tenant))
    place = path_of(done).parent
    old, young, foreign = place / f"{uuid7()}.csv", place / f"{uuid7()}.x.part", place / "README.txt"
    half = place / f"{done.pk}.{uuid7()}.part"
    for path in (old, young, foreign, half):
        path.write_bytes(b"x")
    for path in (old, foreign, half, path_of(done)):
        os.utime(path, (0, 0))

    with all_tenants():
        assert remove_orphans() == 2

    assert {path.name for path in place.iterdir()} == {path_of(done).name, young.name, foreign.name}


def test_a_broken_folder_is_found_by_the_check(settings: Any, tmp_path: Path) -> None:
    from exports.checks import export_dir, exports_folder

    assert export_dir() == []
    assert exports_folder().is_ok

    (tmp_path / "file").write_text("")
    settings.EXPORT_DIR = tmp_path / "file" / "exports"

    assert [found.id for found in export_dir()] == ["exports.E001"]
    assert "is not a folder" in exports_folder().detail


def test_a_filter_that_nothing_can_meet_is_estimated_without_a_query(tenant: Tenant) -> None:
    with tenant_scope(tenant):
        assert estimate(Event.objects.filter(pk__in=[])) == 0

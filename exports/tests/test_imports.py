"""An import from the file to the rows: what it would do, what it does, what it tells, and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exports.actions import NotNow, apply_import, cancel_import, delete_import, forget_imports, undo_import
from exports.imports import applying, checking, undoing
from exports.imports.lane import LANE
from exports.imports.place import path_of, stored_files
from exports.imports.refused import FileRefused
from exports.models import Import, ImportRow, ImportState
from exports.tests.imports import (
    actions_of,
    applied,
    apply,
    extensions_of,
    fresh,
    outcomes_of,
    previewed,
    rows_of,
    run,
    undo,
    upload,
    xlsx_file,
)
from tenants.actions.save_mobiles import save_mobiles
from tenants.models import AuditEntry, Event, Extension, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_extension, make_member, make_tenant
from tenants.work import drain

FILE = "Number;Name\n150;Anna\n151;Boris\n152;Clara\nabc;Dora\n150;Again\n"


def events_of(tenant: Tenant) -> list[str]:
    with tenant_scope(tenant):
        return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_the_dry_run_says_what_each_row_would_do_and_writes_nothing(tenant: Tenant) -> None:
    make_extension(tenant, "151", "Bob")
    make_extension(tenant, "152", "Clara")

    job = previewed(tenant, FILE)

    assert (job.state, job.new, job.changed, job.same, job.errors, job.rows_read) == ("ready", 1, 1, 1, 2, 5)
    assert actions_of(job) == {2: "new", 3: "changed", 4: "same", 5: "error", 6: "error"}
    rows = {row.number: row for row in rows_of(job)}
    assert (rows[3].part("before"), rows[3].part("values")) == ({"name": "Bob"}, {"name": "Boris"})
    assert rows[5].part("errors") == {"number": "Only digits, * and #, at most ten characters."}
    assert rows[6].part("errors") == {"": "Row 2 is about the same one."}
    assert extensions_of(tenant) == {"151": "Bob", "152": "Clara"}
    assert (job.encoding, job.delimiter, job.unknown) == ("utf-8", ";", [])


def test_applying_writes_exactly_that_audited_and_told(tenant: Tenant) -> None:
    make_extension(tenant, "151", "Bob")

    job = applied(tenant, FILE, member=make_member(tenant, "admin"))

    assert extensions_of(tenant) == {"150": "Anna", "151": "Boris", "152": "Clara"}
    assert (job.state, job.written, job.refused) == ("done", 3, 0)
    with tenant_scope(tenant):
        audited = list(
            AuditEntry.objects.filter(object_type="tenants.extension").values_list(
                "action", "before", "after"
            )
        )
    assert len(audited) == 3
    assert ("extension.updated", {"name": "Bob"}, {"name": "Boris"}) in audited
    assert events_of(tenant) == ["import.completed"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("create", {2: "new", 3: "skipped"}),
        ("update", {2: "skipped", 3: "changed"}),
        ("upsert", {2: "new", 3: "changed"}),
    ],
)
def test_modes(tenant: Tenant, mode: str, expected: dict[int, str]) -> None:
    make_extension(tenant, "151", "Bob")

    assert actions_of(previewed(tenant, "number,name\n150,A\n151,B\n", mode=mode)) == expected


def test_a_row_that_changed_since_the_preview_is_left_and_named(tenant: Tenant) -> None:
    bob = make_extension(tenant, "151", "Bob")
    gone = make_extension(tenant, "152", "Carl")
    job = previewed(tenant, FILE)
    with tenant_scope(tenant):
        Extension.objects.filter(pk=bob.pk).update(name="Robert")
        gone.delete()
    make_extension(tenant, "150", "Somebody")

    done = apply(job)

    assert (done.state, done.written, done.refused) == ("done", 0, 3)
    assert outcomes_of(done) == {2: "refused", 3: "refused", 4: "refused", 5: "", 6: ""}
    assert [row.content["reason"] for row in rows_of(done)[:3]] == [
        "It was added meanwhile.",
        "Changed meanwhile: Name.",
        "It was deleted meanwhile.",
    ]
    assert extensions_of(tenant) == {"150": "Somebody", "151": "Robert"}


def test_undo_restores_what_nobody_changed_since_and_lists_the_rest(tenant: Tenant) -> None:
    make_extension(tenant, "151", "Bob")
    make_extension(tenant, "152", "Carl")
    job = applied(tenant, "Number;Name\n150;Anna\n151;Boris\n152;Clara\n153;Dora\n154;Eva\n")
    with tenant_scope(tenant):
        Extension.objects.filter(number="152").update(name="Carla")
        Extension.objects.filter(number="153").update(name="Dorothy")
        taken = Extension.objects.get(number="154")
    make_member(tenant, "agent", extension=taken)

    undone = undo(job)

    assert extensions_of(tenant) == {"151": "Bob", "152": "Carla", "153": "Dorothy", "154": "Eva"}
    assert (undone.state, undone.undone, undone.kept) == ("undone", 2, 3)
    assert outcomes_of(undone) == {2: "undone", 3: "undone", 4: "kept", 5: "kept", 6: "kept"}
    assert [row.content.get("reason") for row in rows_of(undone)][2:] == [
        "Changed since the import: Name.",
        "Changed since the import: Name.",
        "A member has this number.",
    ]
    assert events_of(tenant) == ["import.completed", "import.undone"]


class Killed(BaseException):
    """As if the process had ended there."""


def break_at(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, at: int) -> None:
    """The n-th call of that function is the last thing that the worker does."""
    real, calls = getattr(module, name), [0]

    def dying(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == at:
            raise Killed
        return real(*args, **options)

    monkeypatch.setattr(module, name, dying)


def later(job: Import) -> None:
    """Another worker takes it over when the lease has ended."""
    drain(LANE, now=timezone.now() + timedelta(seconds=60))


def table(count: int) -> str:
    return "number,name\n" + "".join(f"{at:04d},Person {at}\n" for at in range(count))


@pytest.mark.parametrize(
    ("module", "name", "step"),
    [(checking, "_keep", "check"), (applying, "_apply_batch", "apply"), (undoing, "_undo_batch", "undo")],
)
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_worker_killed_between_batches_leaves_nothing_undone_or_done_twice(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, step: str, at: int
) -> None:
    monkeypatch.setattr(checking, "BLOCK", 10)
    monkeypatch.setattr("exports.imports.extensions.ExtensionImporter.at_once", 10)
    job = upload(tenant, table(25))

    for one in ("check", "apply", "undo"):
        if one == "apply":
            with tenant_scope(tenant):
                apply_import(fresh(job))
        if one == "undo":
            assert len(extensions_of(tenant)) == 25
            with tenant_scope(tenant):
                undo_import(fresh(job))
        if one == step:
            with monkeypatch.context() as patch:
                break_at(patch, module, name, at)
                with pytest.raises(Killed):
                    drain(LANE)
            assert fresh(job).is_working
        later(job)

    done = fresh(job)
    assert (done.state, done.rows_read, done.new, done.written, done.undone) == ("undone", 25, 25, 25, 25)
    assert len(rows_of(job)) == 25
    assert extensions_of(tenant) == {}
    with tenant_scope(tenant):
        assert AuditEntry.objects.filter(action="extension.created").count() == 25
        assert AuditEntry.objects.filter(action="extension.deleted").count() == 25
    assert events_of(tenant) == ["import.completed", "import.undone"]


def test_no_query_a_row(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def queries(count: int) -> list[int]:
        job = upload(tenant, table(count))
        found = []
        for step in (None, apply_import, undo_import):
            if step is not None:
                with tenant_scope(tenant):
                    step(fresh(job))
            with CaptureQueriesContext(
                connection,
            ) as seen:
                drain(LANE)
            found.append(len(seen))
        return found

    assert queries(3) == queries(90)


def test_cancelling_in_the_middle_keeps_what_was_written_and_it_can_be_undone(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports.imports.extensions.ExtensionImporter.at_once", 10)
    job = previewed(tenant, table(25))
    real, calls = applying._written, [0]

    def cancelling(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] == 1:
            return real(*args)
        raise Killed

    with tenant_scope(tenant):
        apply_import(job)
    with monkeypatch.context() as patch:
        patch.setattr(applying, "_written", cancelling)
        with pytest.raises(Killed):
            drain(LANE)
    with tenant_scope(tenant):
        assert cancel_import(fresh(job))
    later(job)
    stopped = fresh(job)

    assert (stopped.state, stopped.written, len(extensions_of(tenant))) == ("cancelled", 10, 10)
    assert (undo(stopped).undone, extensions_of(tenant)) == (10, {})


def test_undo_leaves_what_somebody_filled_where_the_file_said_nothing(tenant: Tenant) -> None:
    job = applied(tenant, "Number;Name\n150;Anna\n151;Boris\n")
    with tenant_scope(tenant):
        save_mobiles(Extension.objects.get(number="150"), ["+375291112233"])

    undone = undo(job)

    assert extensions_of(tenant) == {"150": "Anna"}
    assert outcomes_of(undone) == {2: "kept", 3: "undone"}
    assert rows_of(undone)[0].content["reason"] == "Changed since the import: Mobile numbers."


def test_what_was_taken_back_is_not_taken_back_again(tenant: Tenant) -> None:
    job = undo(applied(tenant, FILE))

    with tenant_scope(tenant), pytest.raises(NotNow, match="This one is: undone"):
        undo_import(job)


def test_what_cannot_be_done_now_is_refused(tenant: Tenant) -> None:
    waiting = upload(tenant, FILE)
    with tenant_scope(tenant):
        with pytest.raises(NotNow):
            apply_import(waiting)
        with pytest.raises(NotNow):
            undo_import(waiting)
        job = run(waiting)
        apply_import(job)
        with pytest.raises(NotNow):
            apply_import(job)
        done = run(job)
        assert not cancel_import(done)


def test_a_person_who_lost_the_role_writes_nothing(tenant: Tenant) -> None:
    member = make_member(tenant, "admin")
    job = previewed(tenant, FILE, member=member)
    with tenant_scope(tenant):
        apply_import(job, member=member)
        member.role = "viewer"
        member.save()

    done = run(job)

    assert (done.state, done.error_code, extensions_of(tenant)) == ("failed", "role", {})
    with tenant_scope(tenant), pytest.raises(FileRefused):
        apply_import(
            Import(tenant=tenant, dataset="extensions", state="ready", new=1, pk=job.pk), member=member
        )


def test_what_is_kept_goes_when_its_time_is_over(tenant: Tenant) -> None:
    ready, done = previewed(tenant, FILE), applied(tenant, "number\n170\n")
    with all_tenants():
        Import.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        assert forget_imports() == 2
        assert not ImportRow.objects.exists()
        assert (fresh(ready).state, fresh(done).state) == ("expired", "done")
        with pytest.raises(NotNow):
            apply_import(fresh(ready))
        with pytest.raises(NotNow):
            undo_import(fresh(done))


def test_deleting_takes_the_rows_the_work_and_the_file_along(tenant: Tenant) -> None:
    job = upload(tenant, FILE)
    assert path_of(job).exists()

    with tenant_scope(tenant):
        delete_import(job)

    with all_tenants():
        assert not Import.objects.exists()
        assert not Work.objects.filter(lane=LANE).exists()


def test_two_companies_never_meet(tenant: Tenant) -> None:
    other = make_tenant()
    make_extension(other, "150", "Theirs")

    job = applied(tenant, xlsx_file([["Number", "Name"], [150, "Ours"]]))

    assert job.state == ImportState.DONE
    assert (extensions_of(tenant), extensions_of(other)) == ({"150": "Ours"}, {"150": "Theirs"})


def test_a_file_is_nobody_elses_to_read_and_gone_after_the_look(
    tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    job = upload(tenant, FILE)

    assert path_of(job).stat().st_mode & 0o077 == 0
    with django_capture_on_commit_callbacks(execute=True):
        run(job)
    assert list(stored_files()) == []

"""What a company may use: asked of the API, refused when asked for, kept to while files are made, fair to others."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from exports.actions import delete_export
from exports.lanes import LANE
from exports.limits import LimitReached, limits_of, usage_of
from exports.models import Export, ExportLimits, State
from exports.request import InvalidRequest
from exports.tests.support import ask, fresh, make_entries, path_of, read_csv, run
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import Event, Tenant, Work
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_member, make_operator, make_tenant
from tenants.work import drain, lane
from tenants.work.store import lease

URL = "/api/v1/exports/"


def limit(tenant: Tenant, **values: Any) -> None:
    with tenant_scope(tenant):
        ExportLimits.objects.update_or_create(tenant=tenant, defaults=values)


def caller(tenant: Tenant) -> Client:
    return Client(headers={"Authorization": f"Bearer {make_api_key(tenant, ['exports:*'])[1]}"})


def post(client: Client, **body: Any) -> Any:
    return client.post(URL, {"dataset": "audit", **body}, content_type="application/json")


def test_what_is_empty_is_the_installations(tenant: Tenant, settings: Any) -> None:
    settings.EXPORT_MAX_ROWS, settings.EXPORT_RETENTION_HOURS, settings.EXPORT_MAX_KEPT_SIZE = 7, 5, 0
    limit(tenant, max_rows=3, concurrent=2)

    with tenant_scope(tenant):
        found = limits_of(tenant.pk)
    with tenant_scope(other := make_tenant()):
        common = limits_of(other.pk)

    assert (found.max_rows, found.concurrent, found.own) == (3, 2, ("max_rows", "concurrent"))
    assert (common.max_rows, common.concurrent, common.own) == (7, 1, ())
    assert (found.retention_hours, found.max_kept_size) == (5, None)


def test_the_api_tells_limits_and_use(tenant: Tenant, django_assert_num_queries: Any) -> None:
    limit(tenant, max_rows=100)
    run(ask(make_tenant()))
    done = run(ask(tenant))
    ask(tenant)
    client = caller(tenant)
    client.get(f"{URL}limits")

    answer = client.get(f"{URL}limits").json()

    assert answer["limits"] == {
        "max_rows": 100,
        "max_file_size": 2 * 1024**3,
        "concurrent": 1,
        "max_unfinished": 100,
        "retention_hours": 24,
        "max_kept_size": None,
        "own": ["max_rows"],
    }
    assert done.expires_at is not None
    assert answer["used"] == {
        "running": 0,
        "waiting": 1,
        "kept_files": 1,
        "kept_size": done.size,
        "next_expiry": answer["used"]["next_expiry"],
    }
    assert answer["used"]["next_expiry"] is not None
    assert client.get(f"{URL}limits?tenant=1").status_code == 400
    with django_assert_num_queries(1), tenant_scope(tenant):
        usage_of(tenant.pk)


def test_more_rows_than_allowed_are_refused_when_asked_for(tenant: Tenant) -> None:
    limit(tenant, max_rows=10)

    refused = post(caller(tenant), format="csv", options={"max_records": "11"})

    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "options.max_records"
    assert "max_rows" in refused.json()["detail"]
    with tenant_scope(tenant):
        assert not Export.objects.exists()
    assert post(caller(tenant), format="csv", options={"max_records": "10"}).status_code == 201


def test_a_file_with_more_rows_than_allowed_is_not_made(tenant: Tenant) -> None:
    make_entries(tenant, 11)
    limit(tenant, max_rows=10)

    failed = run(ask(tenant))

    assert (failed.state, failed.error_code) == (State.FAILED, "too_many_rows")
    assert "10" in failed.reason
    assert list(path_of(failed).parent.iterdir()) == []
    with tenant_scope(tenant):
        assert Event.objects.get().data["code"] == "too_many_rows"
    limit(tenant, max_rows=11)
    assert len(read_csv(run(ask(tenant)))) == 12


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_company_may_have_a_smaller_size_than_others(tenant: Tenant, format: str) -> None:
    make_entries(tenant, 300)
    limit(tenant, max_file_size=4_000)

    failed = run(ask(tenant, format=format))

    assert (failed.state, failed.error_code) == (State.FAILED, "too_large")
    assert list(path_of(failed).parent.iterdir()) == []
    other = make_tenant()
    make_entries(other, 300)
    assert run(ask(other, format=format)).state == State.DONE


def test_too_many_unfinished_exports_are_refused(tenant: Tenant) -> None:
    limit(tenant, max_unfinished=2)
    client = caller(tenant)
    answers = [post(client) for _ in range(3)]
    refused = answers[-1]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert refused.json()["code"] == "max_unfinished"
    assert "max_unfinished" in refused.json()["detail"]
    with tenant_scope(tenant):
        assert Export.objects.count() == 2
    assert post(caller(make_tenant())).status_code == 201
    drain(LANE)
    assert post(client).status_code == 201


def test_the_flat_body_is_refused_alike(tenant: Tenant) -> None:
    limit(tenant, max_unfinished=1)
    ask(tenant)

    refused = caller(tenant).post("/webhooks/export", {"dataset": "audit"}, content_type="application/json")

    assert (refused.status_code, refused.json()["code"]) == (429, "max_unfinished")


def test_a_refused_repeat_may_be_sent_again_under_its_key(tenant: Tenant) -> None:
    limit(tenant, max_unfinished=1)
    ask(tenant)
    client, body = caller(tenant), {"dataset": "audit"}

    def send() -> Any:
        return client.post(URL, body, content_type="application/json", headers={"Idempotency-Key": "a"})

    assert send().status_code == 429
    drain(LANE)
    assert send().status_code == 201


def test_kept_files_fill_their_room(tenant: Tenant) -> None:
    done = run(ask(tenant))
    limit(tenant, max_kept_size=done.size)
    client = caller(tenant)

    refused = post(client)

    assert (refused.status_code, refused.json()["code"]) == (429, "max_kept_size")
    assert 86_000 < int(refused.headers["Retry-After"]) <= 86_400
    with tenant_scope(tenant):
        delete_export(done)
    assert post(client).status_code == 201


def test_a_file_that_finds_no_room_left_is_not_kept(tenant: Tenant) -> None:
    make_entries(tenant, 50)
    first = run(ask(tenant))
    limit(tenant, max_kept_size=first.size + 10)

    failed = run(ask(tenant))

    assert (failed.state, failed.error_code) == (State.FAILED, "no_room")
    assert [path.name for path in path_of(first).parent.iterdir()] == [path_of(first).name]


def test_two_that_are_written_at_once_cannot_both_take_the_last_room(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_entries(tenant, 50)
    size = run(ask(tenant)).size
    limit(tenant, max_kept_size=2 * size + 10, concurrent=3)
    # Both had looked before either was kept.
    monkeypatch.setattr("exports.engine.ceiling.kept_size", lambda _tenant: size)

    pair = [ask(tenant), ask(tenant)]
    drain(LANE)

    assert sorted(fresh(one).state for one in pair) == [State.DONE, State.FAILED]
    assert len(list(path_of(pair[0]).parent.iterdir())) == 2


def test_a_company_keeps_its_files_as_long_as_it_may(tenant: Tenant) -> None:
    limit(tenant, retention_hours=3)

    done = run(ask(tenant))

    assert done.finished_at is not None
    assert done.expires_at == done.finished_at + timedelta(hours=3)


def test_fifty_exports_of_one_company_leave_room_for_the_only_one_of_another(tenant: Tenant) -> None:
    limit(tenant, concurrent=50, max_unfinished=100)
    for _ in range(50):
        ask(tenant)
    single = ask(other := make_tenant())
    exports = lane(LANE)

    with all_tenants():
        rows = lease(exports, exports.capacity, exports.held_back())

    groups = [row.group for row in rows]
    assert groups.count(str(other.pk)) == 1
    assert groups.count(str(tenant.pk)) == exports.capacity - 1
    assert single.pk in {row.subject for row in rows}


@pytest.mark.parametrize(("concurrent", "begun"), [(None, 1), (1, 1), (2, 2)])
def test_of_one_company_as_many_run_as_may_in_all_workers_together(
    tenant: Tenant, concurrent: int | None, begun: int
) -> None:
    limit(tenant, concurrent=concurrent)
    for _ in range(5):
        ask(tenant)
    exports = lane(LANE)

    with all_tenants():
        here = lease(exports, exports.capacity, exports.held_back())
        elsewhere = lease(exports, exports.capacity, exports.held_back())
        # Whoever had them was killed: their leases end.
        Work.objects.filter(lane=LANE).update(due=timezone.now() - timedelta(seconds=1))
        again = lease(exports, exports.capacity, exports.held_back())

    assert (len(here), len(elsewhere), len(again)) == (begun, 0, begun)


def test_looking_what_may_begin_takes_two_queries(tenant: Tenant, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        ask(tenant)
        ask(make_tenant())

    with all_tenants(), django_assert_num_queries(2):
        lane(LANE).held_back()
    drain(LANE)
    with all_tenants(), django_assert_num_queries(1):
        lane(LANE).held_back()


def test_asking_in_a_loop_locks_and_looks_once_each(tenant: Tenant) -> None:
    limit(tenant, max_unfinished=1)
    ask(tenant)

    with pytest.raises(LimitReached) as refused:
        ask(tenant)

    assert isinstance(refused.value, InvalidRequest)
    assert (refused.value.field, refused.value.limit) == ("limits.max_unfinished", "max_unfinished")
    assert str(refused.value) == refused.value.message


FILE = 'tenants: [{{number: "0367", name: June, export_limits: {limits}}}]'


def test_limits_come_from_a_file_and_go_back_into_one(db: None) -> None:
    first = apply_text(FILE.format(limits="{max_rows: 5, retention_hours: 2}"))
    again = apply_text(FILE.format(limits="{max_rows: 5, retention_hours: 2}"))
    apply_text(FILE.format(limits="{max_rows: ~, max_kept_size: 10}"))

    assert len(first.changes) == 2
    assert again.changes == []
    assert dump_tenants()["tenants"][0]["export_limits"] == {"retention_hours": 2, "max_kept_size": 10}


@pytest.mark.parametrize(
    ("limits", "named"),
    [
        ("{max_rows: 0}", "max_rows"),
        ("{max_rows: many}", "max_rows"),
        ("{concurrent: true}", "concurrent"),
        ("{retention_hours: 1000000}", "retention_hours"),
        ("{rows: 5}", "rows"),
        ("[]", "mapping"),
    ],
)
def test_a_wrong_limit_is_an_error_with_its_line(db: None, limits: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        apply_text(FILE.format(limits=limits))

    assert not Tenant.objects.exists()


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(make_operator())
    return client


def choose(client: Client, tenant: Tenant) -> None:
    session = client.session
    session["tenant"] = tenant.pk
    session.save()


def test_the_page_is_the_operators(tenant: Tenant, client: Client) -> None:
    limit(tenant, max_rows=5)
    client.force_login(make_member(tenant, "owner").user)

    assert client.get("/admin/exports/exportlimits/").status_code == 403
    assert "exportlimits" not in client.get("/admin/").content.decode()


def test_sizes_are_typed_as_people_say_them(tenant: Tenant, operator: Client) -> None:
    choose(operator, tenant)
    address = "/admin/exports/exportlimits/add/"

    wrong = operator.post(address, {"max_file_size": "plenty", "max_rows": "0"})
    made = operator.post(address, {"max_file_size": "1,5 ГБ", "max_kept_size": "2 GB", "max_rows": "1000"})
    twice = operator.post(address, {"max_rows": "7"})

    assert set(wrong.context["adminform"].form.errors) == {"max_file_size", "max_rows"}
    assert made.status_code == 302
    assert twice.context["adminform"].form.errors
    with tenant_scope(tenant):
        row = ExportLimits.objects.get()
    assert (row.max_file_size, row.max_kept_size, row.max_rows) == (3 * 2**29, 2**31, 1000)
    page = operator.get(f"/admin/exports/exportlimits/{row.pk}/change/").content.decode()
    assert 'value="1536 MB"' in page
    assert 'value="2 GB"' in page
    assert operator.get("/admin/exports/exportlimits/").status_code == 200


def test_what_is_used_up_is_told_beside_the_list(tenant: Tenant, operator: Client) -> None:
    limit(tenant, max_unfinished=1)
    waiting = ask(tenant)
    choose(operator, tenant)

    answer = operator.post(f"/admin/exports/export/{waiting.pk}/rerun/", follow=True)

    assert "max_unfinished" in answer.content.decode()

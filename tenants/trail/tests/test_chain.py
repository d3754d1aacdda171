"""Sealing and verifying: whatever is done to the trail behind our back shows."""

import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config.ids import uuid7_at
from tenants import audit
from tenants.models import AuditChain, AuditEntry, AuditLink, Event
from tenants.scoping import all_tenants
from tenants.tasks import verify_audit
from tenants.tests.factories import make_tenant
from tenants.trail import retention, triggers
from tenants.trail.seal import seal_trails, unsealed
from tenants.trail.verify import verify_trails

pytestmark = pytest.mark.django_db


def written(tenant, count: int = 5) -> list[AuditEntry]:
    return [audit.record("thing.done", tenant, after={"n": n, "text": "Ж ☎ \u2028"}) for n in range(count)]


@pytest.fixture
def tenant():
    tenant = make_tenant()
    seal_trails()
    return tenant


def told() -> list[str]:
    return [str(damage) for damage in verify_trails()]


def unlock(name: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"DROP TRIGGER {name} ON {name.rpartition('_no_')[0]}")
        else:
            cursor.execute(f"DROP TRIGGER {name}")


def forge(statement: str, *values: Any) -> None:
    """As somebody does it who owns the database: without the locks."""
    with transaction.atomic(), connection.cursor() as cursor:
        for name in triggers.installed():
            unlock(name)
        cursor.execute(statement, values)
        triggers.install()


def key_of(entry) -> Any:
    return entry.pk if connection.features.has_native_uuid_field else entry.pk.hex


def test_every_entry_gets_its_place_once(tenant):
    entries = written(tenant)

    assert seal_trails() == 5
    assert seal_trails() == 0
    links = list(AuditLink.objects.filter(chain=tenant.pk).order_by("position"))
    assert [link.entry for link in links] == [entry.pk for entry in entries]
    assert [link.position for link in links] == [1, 2, 3, 4, 5]
    assert len({link.digest for link in links}) == 5
    assert told() == []


def test_an_audited_change_costs_one_insert(tenant, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        audit.record("thing.done", tenant)

    assert queries.captured_queries[0]["sql"].startswith("INSERT INTO")


def test_sealing_costs_the_same_for_one_and_for_many(tenant, django_assert_max_num_queries):
    written(tenant, 300)

    with django_assert_max_num_queries(20):
        assert seal_trails() == 300


def test_companies_have_chains_of_their_own_and_so_has_the_installation(tenant):
    other = make_tenant()
    written(tenant, 2)
    written(other, 3)
    audit.record("thing.done")
    seal_trails()

    positions = dict(AuditChain.objects.values_list("owner", "position"))
    assert (positions[tenant.pk], positions[other.pk]) == (2, 3)
    assert positions[0] >= 1


@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_removed_entry_shows(tenant, at):
    entries = written(tenant)
    seal_trails()

    forge("DELETE FROM tenants_auditentry WHERE id = %s", key_of(entries[at]))

    assert told() == [f"chain {tenant.pk}: entry {at + 1} ({entries[at].pk}) was removed"]


@pytest.mark.parametrize(
    "change",
    ["action = 'x'", "actor = 'x'", "after = '{}'", "created_at = '2020-01-01'", "object_name = 'x'", "tenant_id = NULL"],
)  # fmt: skip
def test_a_changed_entry_shows(tenant, change):
    entries = written(tenant)
    seal_trails()

    forge(f"UPDATE tenants_auditentry SET {change} WHERE id = %s", key_of(entries[1]))

    assert told() == [f"chain {tenant.pk}: entry 2 ({entries[1].pk}) was changed"]


def test_an_entry_removed_together_with_its_link_shows(tenant):
    entries = written(tenant)
    seal_trails()

    forge("DELETE FROM tenants_auditentry WHERE id = %s", key_of(entries[1]))
    forge("DELETE FROM tenants_auditlink WHERE entry = %s", key_of(entries[1]))

    assert told() == [f"chain {tenant.pk}: links 2 to 2 are gone"]


def test_a_beginning_or_an_end_that_was_cut_shows(tenant):
    entries = written(tenant)
    seal_trails()
    forge("DELETE FROM tenants_auditlink WHERE entry = %s", key_of(entries[4]))
    assert f"chain {tenant.pk}: the chain says 5 entries, its links end at 4" in told()

    forge("DELETE FROM tenants_auditlink WHERE entry = %s", key_of(entries[0]))
    assert f"chain {tenant.pk}: entries up to 1 are gone and no pruning says so" in told()


def test_a_chain_that_was_lost_as_a_whole_shows(tenant):
    written(tenant)
    verify_audit()
    seal_trails()

    forge("DELETE FROM tenants_auditlink WHERE chain_id = %s", tenant.pk)
    forge("DELETE FROM tenants_auditentry WHERE tenant_id = %s", tenant.pk)
    AuditChain.objects.filter(pk=tenant.pk).delete()

    assert told() == [f"chain {tenant.pk}: the chain no longer holds what it held at entry 5"]


def test_without_the_key_no_link_can_be_made(tenant):
    """A digest that anybody could compute would let them seal a forged entry anew."""
    entries = written(tenant, 1)
    seal_trails()
    forge("UPDATE tenants_auditentry SET actor = 'forged' WHERE id = %s", key_of(entries[0]))
    from tenants.trail.seal import digest

    forged = digest("", "", 1, AuditEntry._base_manager.get(pk=entries[0].pk))
    forge("UPDATE tenants_auditlink SET digest = %s WHERE entry = %s", forged, key_of(entries[0]))
    AuditChain.objects.filter(pk=tenant.pk).update(digest=forged)

    assert told() == [f"chain {tenant.pk}: entry 1 ({entries[0].pk}) was changed"]


def test_a_lock_that_was_removed_shows(tenant):
    table = triggers.TABLES[0]

    unlock(f"{table}_no_delete")

    assert told() == [f"chain 0: the trigger {table}_no_delete is missing"]


def test_an_entry_whose_transaction_took_long_is_sealed_later(tenant):
    slow = AuditEntry(
        id=uuid7_at(timezone.now() - timedelta(minutes=20)), tenant=tenant, action="a", actor="b", actor_kind="person"
    )  # fmt: skip
    written(tenant, 2)
    seal_trails()

    with all_tenants():
        AuditEntry.objects.bulk_create([slow])

    assert seal_trails() == 1
    assert AuditLink.objects.get(entry=slow.pk).position == 3
    assert told() == []


def test_what_nobody_sealed_for_hours_shows_and_the_daily_task_seals_it(tenant):
    written(tenant, 1)
    seal_trails()
    old = AuditEntry(
        id=uuid7_at(timezone.now() - timedelta(hours=9)), tenant=tenant, action="a", actor="b", actor_kind="person"
    )  # fmt: skip
    with all_tenants():
        AuditEntry.objects.bulk_create([old])
    assert seal_trails() == 0
    assert told() == [f"chain 0: 1 entries were never sealed, the oldest is {old.pk}"]

    verify_audit()

    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_two_sealers_at_once_make_one_chain():
    tenant = make_tenant()
    written(tenant, 1)
    seal_trails()
    written(tenant, 200)
    barrier = threading.Barrier(3)
    failures: list[DatabaseError] = []

    def seal() -> None:
        barrier.wait()
        try:
            seal_trails()
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=seal) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert AuditLink.objects.filter(chain=tenant.pk).count() == 201
    assert told() == []


def test_events_tell_of_entries_but_not_their_values(tenant):
    audit.record("endpoint.updated", tenant, before={"url": "https://old"}, after={"url": "https://new"})
    audit.record("endpoint.created", tenant)
    audit.record("export.downloaded", tenant)
    audit.record("session.refused", tenant=tenant)
    audit.record("nobody's")
    with all_tenants():
        Event.objects.all().delete()
    seal_trails()
    seal_trails()

    events = Event._base_manager.filter(type__startswith="audit.").order_by("id")
    types = [event.type for event in events]
    assert sorted(types) == ["audit.action", "audit.changed", "audit.created", "audit.session"]
    changed = next(event for event in events if event.type == "audit.changed")
    assert changed.data["changed"] == ["url"]
    assert "https" not in str(changed.data)


def test_a_deleted_company_can_still_be_proved(tenant):
    written(tenant)
    with all_tenants():
        tenant_id = tenant.pk
        tenant.delete()

    assert seal_trails() == 5
    assert told() == []
    assert AuditChain.objects.get(pk=tenant_id).position == 5


class TestPruning:
    def aged(self, tenant, days: list[int]) -> None:
        with all_tenants():
            for age in days:
                moment = timezone.now() - timedelta(days=age)
                AuditEntry.objects.create(
                    id=uuid7_at(moment), created_at=moment, tenant=tenant, action=f"day.{age}", actor="a"
                )
        seal_trails(everything=True)

    def test_old_entries_go_and_the_rest_stays_provable(self, tenant):
        self.aged(tenant, [500, 450, 400, 90, 10])

        call_command("prune_audit", days=365, stdout=StringIO())

        kept = AuditEntry._base_manager.filter(tenant=tenant).order_by("created_at")
        assert [entry.action for entry in kept] == ["day.90", "day.10", "audit.pruned"]
        pruned = kept.get(action="audit.pruned")
        assert (pruned.after["count"], pruned.after["position"]) == (3, 3)
        assert pruned.actor.startswith("manage.py prune_audit")
        assert told() == []

        forge("DELETE FROM tenants_auditentry WHERE action = 'day.90'")
        assert len(told()) == 1

    def test_pruned_twice(self, tenant):
        self.aged(tenant, [500, 400, 90, 10])
        call_command("prune_audit", days=450, stdout=StringIO())
        call_command("prune_audit", days=200, stdout=StringIO())

        assert AuditLink.objects.filter(chain=tenant.pk).order_by("position").first().position == 3
        assert told() == []

    def test_nothing_is_pruned_where_something_was_tampered_with(self, tenant):
        self.aged(tenant, [500, 10])
        forge("UPDATE tenants_auditentry SET actor = 'x' WHERE action = 'day.10'")

        with pytest.raises(CommandError, match="tampered"):
            call_command("prune_audit", days=365, stdout=StringIO())

        assert AuditEntry._base_manager.filter(action="day.500").exists()

    def test_a_dry_run_and_a_short_time_remove_nothing(self, tenant):
        self.aged(tenant, [500])
        output = StringIO()

        call_command("prune_audit", days=365, dry_run=True, stdout=output)
        with pytest.raises(CommandError, match="at least 30"):
            call_command("prune_audit", days=1)

        assert f"chain {tenant.pk}: up to entry 1" in output.getvalue()
        assert AuditEntry._base_manager.filter(action="day.500").exists()

    def test_an_entry_that_must_stay_holds_back_what_follows(self, tenant):
        self.aged(tenant, [10])
        self.aged(tenant, [500])

        assert (
            retention.prunable(AuditChain.objects.get(pk=tenant.pk), timezone.now() - timedelta(days=365))
            == 0
        )


def test_the_command_proves_it_and_fails_when_it_cannot(tenant):
    [entry] = written(tenant, 1)
    output, errors = StringIO(), StringIO()
    call_command("verify_audit", stdout=output)
    assert f"{tenant.pk} ({tenant.number}): 1 entries" in output.getvalue()
    assert "Nothing was removed or changed." in output.getvalue()

    forge("DELETE FROM tenants_auditentry WHERE id = %s", key_of(entry))

    with pytest.raises(CommandError, match="tampered"):
        call_command("verify_audit", tenant.number, stdout=output, stderr=errors)
    assert "was removed" in errors.getvalue()
    assert AuditChain.objects.get(pk=tenant.pk).finding
    with pytest.raises(CommandError, match="no tenant"):
        call_command("verify_audit", "99999")


def test_nothing_waits_after_sealing(tenant):
    written(tenant)
    seal_trails()

    assert not unsealed().exists()

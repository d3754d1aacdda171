"""What is done to people and what nobody ought to do are events, written with the entry of the trail."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from tenants import audit
from tenants.actions.change_member import change_member, remove_member
from tenants.events import event_type
from tenants.models import AuditEntry, Event, Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.signin.tests.doors import sign_in
from tenants.signin.tests.test_sign_in import HERE, fail
from tenants.tests.factories import make_api_key, make_member, make_tenant
from tenants.trail.seal import seal_trails
from tenants.trail.tests.test_chain import forge, key_of
from tenants.trail.verify import verify_trails

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def told(tenant: Tenant, type_: str) -> list[dict[str, Any]]:
    with all_tenants():
        found = [one.data for one in Event.objects.filter(tenant=tenant, type=type_).order_by("id")]
    schema = event_type(type_).schema
    for data in found:
        assert set(schema["required"]) <= data.keys() <= schema["properties"].keys()
    return found


def test_who_signs_in_is_told_to_their_companies(tenant):
    member = make_member(tenant, Role.MANAGER)
    second = make_member(make_tenant(), Role.VIEWER, user=member.user)
    stranger = make_tenant()

    sign_in(Client(), member.user.username, **HERE)

    [here] = told(tenant, "user.login")
    [there] = told(second.tenant, "user.login")
    assert (here["user_id"], here["role"], here["address"]) == (str(member.user_id), "manager", "203.0.113.7")
    assert there["role"] == "viewer"
    assert told(stranger, "user.login") == []


def test_members_who_come_change_and_go(tenant):
    make_member(tenant, Role.OWNER)
    member = make_member(tenant, Role.VIEWER)
    with tenant_scope(tenant):
        audit.record("member.joined", member, after=audit.snapshot(member))
        change_member(member, by=None, role=Role.AGENT, is_active=True, extension=None)
        remove_member(member, by=None)

    [joined], [changed], [gone] = (
        told(tenant, f"user.{verb}") for verb in ("registered", "updated", "deleted")
    )
    assert joined["user_id"] == changed["user_id"] == gone["user_id"] == str(member.user_id)
    assert (changed["role"], changed["changed"]) == ("agent", ["role"])


def test_what_is_done_to_a_person_is_told_to_all_their_companies(tenant):
    member = make_member(tenant)
    second = make_member(make_tenant(), user=member.user)
    audit.record("user.updated", member.user, after={"email": "new@example.com"})
    audit.record("user.deleted", member.user)

    for company in (tenant, second.tenant):
        assert [one["changed"] for one in told(company, "user.updated")] == [["email"]]
        assert len(told(company, "user.deleted")) == 1


def test_a_lock_out_is_a_violation(tenant):
    member = make_member(tenant)

    fail(Client(), member.user.username, 5, **HERE)

    [data] = told(tenant, "security.violation")
    assert (data["kind"], data["user_id"], data["address"]) == (
        "brute_force",
        str(member.user_id),
        "203.0.113.7",
    )
    assert member.user.username in data["message"]


def test_a_refused_key_is_a_violation(tenant):
    _key, plain = make_api_key(tenant, allowed_networks=["198.51.100.0/24"])
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")

    answers = [client.get("/api/v1/me", REMOTE_ADDR="203.0.113.7").status_code for _n in range(3)]

    assert answers == [403, 403, 403]
    [data] = told(tenant, "security.violation")
    assert (data["kind"], data["address"]) == ("credential_refused", "203.0.113.7")
    assert plain not in str(data)


def test_a_trail_that_was_tampered_with_is_a_violation_once(tenant):
    entries = [audit.record("thing.done", tenant) for _n in range(3)]
    seal_trails()
    forge("DELETE FROM tenants_auditentry WHERE id = %s", key_of(entries[1]))

    verify_trails()
    verify_trails()

    [data] = told(tenant, "security.violation")
    assert (data["kind"], data["severity"]) == ("audit_tampered", "critical")


def test_an_event_goes_with_its_entry(tenant):
    """Both or none of them."""
    member = make_member(tenant)

    with transaction.atomic():
        audit.record("member.joined", member)
        transaction.set_rollback(True)

    assert told(tenant, "user.registered") == []
    with all_tenants():
        assert not AuditEntry.objects.filter(action="member.joined").exists()

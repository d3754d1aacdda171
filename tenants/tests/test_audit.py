"""The audit trail: who, when, from where, before and after, never a secret."""

import uuid

import pytest
from django.db import transaction

from tenants import audit
from tenants.audit import MASK, Actor, acting
from tenants.correlation import correlated
from tenants.models import ApiKey, AuditEntry, StoredAnswer, User
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_operator, make_tenant

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_from_where():
    tenant = make_tenant()
    extension = make_extension(tenant, "150", name="Anna")
    correlation = uuid.uuid4()

    with acting(Actor("anna", "person", "203.0.113.7")), correlated(correlation):
        entry = audit.record("extension.updated", extension, before={"name": "A"}, after={"name": "Anna"})

    entry = AuditEntry._base_manager.get(pk=entry.pk)
    assert (entry.tenant_id, entry.action, entry.actor, entry.actor_kind, entry.address) == (
        tenant.pk,
        "extension.updated",
        "anna",
        "person",
        "203.0.113.7",
    )
    assert (entry.object_type, entry.object_id, entry.object_name) == (
        "tenants.extension",
        str(extension.pk),
        "150 Anna",
    )
    assert (entry.before, entry.after, entry.correlation_id) == ({"name": "A"}, {"name": "Anna"}, correlation)


def test_without_anybody_the_system_acts():
    entry = audit.record("something.happened")

    assert (entry.actor, entry.actor_kind, entry.tenant_id) == ("system", "system", None)


def test_the_tenant_is_the_given_one_else_the_objects_else_that_in_scope():
    first, second, third = make_tenant(), make_tenant(), make_tenant()
    extension = make_extension(first)

    with tenant_scope(third):
        assert audit.record("a", extension, tenant=second).tenant_id == second.pk
        assert audit.record("a", extension).tenant_id == first.pk
        assert audit.record("a", first).tenant_id == first.pk
        assert audit.record("a", make_operator()).tenant_id == third.pk


def test_the_trail_shares_the_fate_of_the_change():
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        audit.record("a")
        1 / 0  # noqa: B018

    assert not AuditEntry._base_manager.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"password": "x"}, {"password": MASK}),
        ({"api_key": "x", "name": "n"}, {"api_key": MASK, "name": "n"}),
        ({"settings": {"deep": [{"clientSecret": "x"}]}}, {"settings": {"deep": [{"clientSecret": MASK}]}}),
        ({"credentials": {"user": "u", "port": 5}}, {"credentials": {"user": MASK, "port": MASK}}),
        ({"tokens": ["a", "b"]}, {"tokens": MASK}),
        ({"secret": ""}, {"secret": ""}),
        ({"secret": None}, {"secret": None}),
    ],
)
def test_secrets_are_masked_at_any_depth(given, kept):
    entry = audit.record("a", before=given, after=given)

    entry = AuditEntry._base_manager.get(pk=entry.pk)
    assert (entry.before, entry.after) == (kept, kept)


def test_a_snapshot_masks_what_is_sealed_or_telling():
    key, plain = make_api_key(make_tenant())
    stored = StoredAnswer(key="k", body={"a": "plain"})

    assert audit.snapshot(key)["digest"] == MASK
    assert plain not in str(audit.snapshot(key))
    assert audit.snapshot(stored)["body"] == MASK
    assert audit.snapshot(StoredAnswer(key="k"))["body"] is None
    assert audit.snapshot(User(username="a", password="hash"))["password"] == MASK


def test_only_what_differs_is_told():
    assert audit.changed({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ({"b": 2}, {"b": 3})
    assert audit.changed({}, {"a": 1}) == ({"a": None}, {"a": 1})


def test_a_changed_secret_shows_as_changed_but_not_what_it_is():
    key, _plain = make_api_key(make_tenant())
    before = audit.snapshot(key)
    assert audit.changed(before, audit.snapshot(key)) == ({}, {})

    key.set_key("another")

    old, new = audit.changed(before, audit.snapshot(key))
    assert (old["digest"], new["digest"]) == (MASK, MASK)


def test_a_changed_secret_deep_inside_shows_as_changed():
    before = audit.without_secrets({"credentials": {"api_key": "old", "user": "u"}})
    after = audit.without_secrets({"credentials": {"api_key": "new", "user": "u"}})

    assert audit.changed(before, after)[1] == {"credentials": {"api_key": MASK, "user": MASK}}


@pytest.mark.parametrize("address", ["unix:", "not an address", "", None, "10.0.0.1, 10.0.0.2"])
def test_a_strange_address_does_not_stop_the_change(address):
    with acting(Actor("a", "person", address)):
        assert audit.record("a").address is None


@pytest.mark.parametrize(("given", "kept"), [("2001:db8::1", "2001:db8::1"), ("fe80::1%eth0", "fe80::1")])
def test_addresses_of_the_sixth_version(given, kept):
    with acting(Actor("a", "person", given)):
        assert audit.record("a").address == kept


def test_hostile_values_do_not_stop_the_change():
    hostile = {"name\x00": "\ud800", "number": float("nan"), "list": ["\x00"] * 2}

    with acting(Actor("\x00" + "x" * 500, "person")):
        entry = audit.record("a", after=hostile)

    kept = AuditEntry._base_manager.get(pk=entry.pk)
    assert kept.after == {"name\ufffd": "\ufffd", "number": None, "list": ["\ufffd", "\ufffd"]}
    assert len(kept.actor) == 200


def test_keys_are_never_in_the_trail_whoever_writes_it():
    key, plain = make_api_key(make_tenant())
    with all_tenants():
        audit.record("api_key.created", key, after=audit.snapshot(ApiKey.objects.get()))

    assert key.digest not in str(AuditEntry._base_manager.values_list("after", flat=True))
    assert plain not in str(AuditEntry._base_manager.values_list("after", flat=True))

"""One number belongs to one manager, one manager has one number, and the past is kept."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from integrations import live
from integrations.actions.assign_extension import assign_extension
from integrations.models import ExtensionAssignment, Integration
from integrations.tests.factories import make_integration
from tenants.models import AuditEntry, Work
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration():
    tenant = make_tenant()
    for number in ("150", "151", "152"):
        make_extension(tenant, number)
    with tenant_scope(tenant):
        yield make_integration(tenant)


def in_force(integration):
    rows = ExtensionAssignment.objects.filter(integration=integration, valid_to__isnull=True)
    return dict(rows.values_list("outside_user_id", "extension"))


def test_number_given_to_another_leaves_the_former(integration):
    assign_extension(integration, "19", "150")
    assign_extension(integration, "18", "150")

    assert in_force(integration) == {"18": "150"}
    assert ExtensionAssignment.objects.filter(valid_to__isnull=False).count() == 1


def test_manager_with_another_number_loses_the_first(integration):
    assign_extension(integration, "19", "150")
    assign_extension(integration, "19", "151")

    assert in_force(integration) == {"19": "151"}


def test_swap_ends_both_former_assignments(integration):
    assign_extension(integration, "19", "150")
    assign_extension(integration, "18", "151")
    assign_extension(integration, "19", "151")

    assert in_force(integration) == {"19": "151"}


def test_taking_away_keeps_history(integration):
    assign_extension(integration, "19", "150")

    assert assign_extension(integration, "19", None) is None

    assert in_force(integration) == {}
    assert ExtensionAssignment.objects.count() == 1


def test_same_again_changes_nothing(integration):
    first = assign_extension(integration, "19", "150")
    wanted = Integration.objects.get(pk=integration.pk).directory_wanted
    entries = AuditEntry.objects.count()

    assert assign_extension(integration, "19", "150") == first

    assert Integration.objects.get(pk=integration.pk).directory_wanted == wanted
    assert AuditEntry.objects.count() == entries


def test_unknown_extension_is_refused_by_name_and_changes_nothing(integration):
    with pytest.raises(ValidationError) as raised:
        assign_extension(integration, "19", "999")

    assert raised.value.message_dict == {"extension": ["There is no extension 999."]}
    assert in_force(integration) == {}


def test_extension_of_another_tenant_is_unknown(integration):
    make_extension(make_tenant(), "777")

    with pytest.raises(ValidationError):
        assign_extension(integration, "19", "777")


def test_hot_path_sees_the_change_at_once(integration):
    assert live.get(integration.pk).users == {}

    assign_extension(integration, "19", "150")

    assert live.get(integration.pk).users == {"150": "19"}


def test_push_is_queued_only_for_a_registered_module(integration):
    assign_extension(integration, "19", "150")
    assert not Work._base_manager.filter(lane="integrations.push").exists()

    Integration.objects.update(is_registered=True)
    integration.refresh_from_db()
    assign_extension(integration, "19", "151")
    assign_extension(integration, "18", "150")

    assert Work._base_manager.filter(lane="integrations.push", subject=integration.pk).count() == 1


def test_database_itself_refuses_two_managers_for_one_number(integration):
    def insert(user):
        ExtensionAssignment.objects.create(
            tenant=integration.tenant,
            integration=integration,
            outside_user_id=user,
            extension="150",
            valid_from=timezone.now(),
        )

    insert("19")

    with pytest.raises(IntegrityError), transaction.atomic():
        insert("18")


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["150", "151", None])), max_size=12))
def test_any_sequence_ends_as_the_last_word_says(integration, steps):
    with transaction.atomic():
        expected: dict[str, str] = {}
        for user, extension in steps:
            assign_extension(integration, user, extension)
            expected = {u: e for u, e in expected.items() if u != user and e != extension}
            if extension:
                expected[user] = extension

        assert in_force(integration) == expected
        transaction.set_rollback(True)

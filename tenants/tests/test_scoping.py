"""Tenants never meet: what the manager lets through, and from where."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.forms import modelform_factory

from tenants.models import Event, Extension, Member, Tenant, User
from tenants.scoping import (
    ScopeMissing,
    WrongTenant,
    all_tenants,
    current_tenant_id,
    is_scoped,
    tenant_scope,
)
from tenants.tests.factories import make_extension, make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> Tenant:
    tenant = make_tenant()
    make_extension(tenant, "150", name="ours")
    return tenant


@pytest.fixture
def theirs() -> Tenant:
    tenant = make_tenant()
    make_extension(tenant, "150", name="theirs")
    return tenant


def names() -> list[str]:
    return sorted(Extension.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    "use",
    [
        lambda manager: manager.all(),
        lambda manager: manager.filter(number="1"),
        lambda manager: manager.get(number="1"),
        lambda manager: manager.count(),
        lambda manager: manager.exists(),
        lambda manager: manager.create(number="1"),
        lambda manager: manager.get_or_create(number="1"),
        lambda manager: manager.update(name="x"),
        lambda manager: manager.bulk_create([]),
        lambda manager: manager.in_bulk(),
        lambda manager: manager.aggregate(),
        lambda manager: manager.none(),
        lambda manager: manager.using("default"),
        lambda manager: manager.raw("SELECT 1"),
    ],
)
def test_nothing_works_without_a_scope(use):
    with pytest.raises(ScopeMissing):
        use(Extension.objects)


def test_one_tenants_rows_are_visible_in_its_scope(ours, theirs):
    with tenant_scope(ours):
        assert names() == ["ours"]
        assert current_tenant_id() == ours.pk
    with tenant_scope(theirs.pk):
        assert names() == ["theirs"]
    with all_tenants():
        assert names() == ["ours", "theirs"]
        assert current_tenant_id() is None
        assert is_scoped()
    assert not is_scoped()


def test_scopes_nest_and_end_with_an_exception(ours, theirs):
    with all_tenants():
        with pytest.raises(ZeroDivisionError), tenant_scope(ours):
            1 / 0  # noqa: B018
        assert names() == ["ours", "theirs"]


def test_changes_reach_only_the_scopes_rows(ours, theirs):
    with tenant_scope(ours):
        assert Extension.objects.filter(number="150").update(name="changed") == 1
        assert Extension.objects.filter(number="150").delete()[0] == 1
    with all_tenants():
        assert names() == ["theirs"]


def test_another_tenants_row_cannot_be_fetched_by_id(ours, theirs):
    foreign = Extension._base_manager.get(tenant=theirs)

    with tenant_scope(ours):
        with pytest.raises(Extension.DoesNotExist):
            Extension.objects.get(pk=foreign.pk)
        assert Extension.objects.in_bulk([foreign.pk]) == {}


def test_create_fills_in_the_tenant(ours):
    with tenant_scope(ours):
        assert Extension.objects.create(number="1").tenant_id == ours.pk


def held(tenant: Tenant) -> Extension:
    """A row that somebody has got hold of in whatever way."""
    with all_tenants():
        return Extension.objects.get(tenant=tenant)


@pytest.mark.parametrize(
    "write",
    [
        lambda tenant: Extension.objects.create(tenant=tenant, number="1"),
        lambda tenant: Extension(tenant=tenant, number="1").save(),
        lambda tenant: Extension.objects.bulk_create([Extension(tenant=tenant, number="1")]),
        lambda tenant: held(tenant).save(),
    ],
)
def test_another_tenants_row_cannot_be_written(ours, theirs, write):
    before = Extension._base_manager.count()

    with tenant_scope(ours), pytest.raises(WrongTenant):
        write(theirs)

    assert Extension._base_manager.count() == before


def test_reverse_accessors_are_scoped(ours, theirs):
    user = make_user()
    mine = make_member(ours, user=user, extension=Extension._base_manager.get(tenant=ours))
    make_member(theirs, user=user, extension=Extension._base_manager.get(tenant=theirs))

    with tenant_scope(ours):
        assert [member.pk for member in user.memberships.all()] == [mine.pk]
        assert [member.pk for member in mine.extension.members.all()] == [mine.pk]
        (fetched,) = User.objects.filter(pk=user.pk).prefetch_related("memberships")
        assert [member.pk for member in fetched.memberships.all()] == [mine.pk]
    with pytest.raises(ScopeMissing):
        user.memberships.all()


def test_a_company_has_no_reverse_accessors():
    reverse = [
        relation.get_accessor_name()
        for relation in Tenant._meta.related_objects
        # A one-to-one accessor gives the company's own row and cannot list others.
        if not relation.hidden and not relation.one_to_one
    ]

    assert reverse == []


def test_joins_do_not_widen_what_is_visible(ours, theirs):
    make_member(ours, extension=Extension._base_manager.get(tenant=ours))
    make_member(theirs, extension=Extension._base_manager.get(tenant=theirs))

    with tenant_scope(ours):
        found = Member.objects.select_related("extension", "user", "tenant").filter(extension__number="150")
        assert [member.extension.name for member in found] == ["ours"]


def test_a_form_offers_only_own_rows(ours, theirs):
    foreign = Extension._base_manager.get(tenant=theirs)

    with tenant_scope(ours):
        form = modelform_factory(Member, fields=["extension"])({"extension": str(foreign.pk)})
        assert not form.is_valid()
        assert "theirs" not in str(form)


def test_deleting_a_company_takes_all_its_rows_in_whatever_scope(ours, theirs):
    make_member(theirs)

    with tenant_scope(ours):
        theirs.delete()

    with all_tenants():
        assert names() == ["ours"]
        assert not Member.objects.exists()


def test_threads_begin_without_a_scope(ours):
    seen: list[object] = []

    def look() -> None:
        seen.append(is_scoped())
        connection.close()

    with tenant_scope(ours):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    assert seen == [False]


def test_tasks_of_an_event_loop_keep_their_own_scope(ours, theirs):
    async def look(
        tenant: Tenant, turn: asyncio.Event, other: asyncio.Event
    ) -> tuple[int | None, int | None]:
        with tenant_scope(tenant):
            other.set()
            await turn.wait()
            return current_tenant_id(), await sync_to_async(current_tenant_id)()

    async def both() -> list[tuple[int | None, int | None]]:
        first, second = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(look(ours, first, second), look(theirs, second, first))  # type: ignore[return-value]

    assert asyncio.run(both()) == [(ours.pk, ours.pk), (theirs.pk, theirs.pk)]


def test_every_tenant_owned_model_has_the_scoped_manager():
    from django.apps import apps

    from tenants.scoping import TenantManager

    # Work is the machinery's own: its rows name their tenant, and are read by workers only. A session is its person's,
    # and begins before anybody is known.
    unscoped = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "tenant" for field in model._meta.fields)
        and not isinstance(model._default_manager, TenantManager)
    }

    assert unscoped == {"tenants.Work", "signin.Session"}


def test_the_scope_is_that_of_the_queryset_not_of_its_evaluation(ours, theirs):
    with tenant_scope(ours):
        made_here = Extension.objects.all()
    with all_tenants():
        assert [extension.name for extension in made_here] == ["ours"]
    with tenant_scope(theirs):
        # PostgreSQL sees to it that nothing of another tenant is read (tenants/postgresql).
        expected = [] if connection.vendor == "postgresql" else ["ours"]
        assert [extension.name for extension in made_here.all()] == expected


def test_rows_of_the_trail_are_scoped_too(ours):
    with pytest.raises(ScopeMissing):
        Event.objects.all()

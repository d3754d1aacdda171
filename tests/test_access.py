"""Every surface keeps to the permission matrix: each address, bulk action, autocomplete and dataset, as each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from exports.registry import Dataset, all_datasets
from telephony.models import CallParticipant, OriginateRequest
from tenants.admin.rules import actions_of
from tenants.matrix import ROLES, all_rules
from tenants.models import ApiKey, Extension, Member, OAuthApplication, Role, User
from tenants.scoping import tenant_scope
from tenants.signin.models import Session
from tenants.tests.factories import make_member
from tests.strangers.belongings import Belongings, path_to_tenant
from tests.strangers.furnishing import SteadyClient, furnished, lasting_rows, put_files_back
from tests.strangers.routes import Route, every_route

# Who may do what is decided before any query: one engine is enough, and the walk is long.
pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

STANDARD = {"changelist": "view", "add": "add", "change": "change", "delete": "delete", "history": "view"}
REFUSED = frozenset({401, 403, 404})
# What asks for more than a role: the demo's company.
CONDITIONAL = frozenset({"admin:telephony_call_demo"})
PAGES = sorted(admin.site._registry, key=lambda model: model._meta.label)
ROUTES = every_route()
OF_PAGES = [
    route
    for route in ROUTES
    if route.admin_model in admin.site._registry
    and route.name.startswith("admin:")
    # The forwarding address of old bookmarks leads to the page itself.
    and not route.name.endswith("%(object_id)s/")
]
OF_API = [route for route in ROUTES if hasattr(route.view_class, "roles_for")]


@dataclass(frozen=True, slots=True)
class Person:
    role: str
    client: SteadyClient

    def ask(self, method: str, address: str, content: Any = None, **more: Any) -> int:
        """The status; what it did is undone."""
        with transaction.atomic():
            answer: Any = getattr(self.client, method)(address, content or {}, **more)
            transaction.set_rollback(True)
        if answer.status_code == 302 and urlsplit(answer["Location"]).path == reverse("admin:login"):
            return 403
        if answer.status_code == 302 and answer["Location"] == reverse("admin:index"):
            return 404  # what the admin does with a row that is not there for this person
        return int(answer.status_code)


@pytest.fixture(scope="module")
def company(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Belongings, list[Person]]]:
    with lasting_rows(django_db_blocker, tmp_path_factory.mktemp("exports")):
        belongings = prepared()
        yield belongings, staff_of(belongings)


@pytest.fixture
def ours(company: tuple[Belongings, list[Person]]) -> Belongings:
    put_files_back(company[0])
    return company[0]


@pytest.fixture
def people(company: tuple[Belongings, list[Person]]) -> list[Person]:
    for person in company[1]:
        person.client.begin_again()
    return company[1]


def prepared() -> Belongings:
    belongings = furnished()
    extension = belongings.of(Extension)
    Extension._base_manager.filter(pk=extension.pk).update(number="150")
    CallParticipant._base_manager.filter(pk=belongings.of(CallParticipant).pk).update(extension="150")
    OriginateRequest._base_manager.filter(pk=belongings.of(OriginateRequest).pk).update(extension="150")
    # Marks are no scopes and no addresses: these would be refused for that, not for the role.
    plain: dict[str, Any] = {"scopes": ["*"], "allowed_networks": []}
    ApiKey._base_manager.filter(pk=belongings.of(ApiKey).pk).update(**plain)
    trusted = OAuthApplication._base_manager.filter(pk=belongings.of(OAuthApplication).pk)
    trusted.update(**plain, redirect_uris="", post_logout_redirect_uris="", allowed_origins="")
    later = timezone.now() + timedelta(hours=1)
    Session.objects.filter(pk=belongings.of(Session).pk).update(expire_date=later)
    return belongings


def staff_of(ours: Belongings) -> list[Person]:
    """One of each role; the agent had a part in the one call."""
    found = []
    for role in ROLES:
        # Without a password, whose hashing takes its time.
        user = User.objects.create(username=f"{role}-{ours.mark}")
        member = make_member(ours.tenant, role, user=user, extension=ours.of(Extension))
        client = SteadyClient()
        client.force_login(member.user)
        client.settle()
        found.append(Person(role, client))
    return found


def test_the_document_is_what_the_code_says() -> None:
    call_command("access_matrix", check=True)


def test_every_role_and_surface_is_in_it() -> None:
    assert {rule.surface for rule in all_rules()} == {"Admin", "API", "Exports", "Imports"}
    assert {role for rule in all_rules() for role in rule.roles} == set(ROLES)


def action_behind(route: Route) -> str:
    page = admin.site._registry[route.admin_model]  # type: ignore[index]  # chosen by it
    options = page.opts
    last = route.name.removeprefix("admin:").removeprefix(f"{options.app_label}_{options.model_name}_")
    if last in STANDARD:
        return STANDARD[last]
    buttons: dict[str, str] = page.buttons
    last = "password_change" if last.endswith("password_change") else last
    assert last in buttons, f"{route.name}: say in `buttons` of {type(page).__name__} which action it is"
    return buttons[last]


@pytest.mark.parametrize("route", OF_PAGES, ids=lambda route: route.name)
def test_admin_pages_and_buttons(route: Route, people: list[Person], ours: Belongings) -> None:
    page: Any = admin.site._registry[route.admin_model]  # type: ignore[index]
    action = action_behind(route)
    address = route.address(route.arguments(ours)) if route.parameters else route.address()
    if action == "add" and page.model._meta.pk.is_relation:
        # A company has one of it: without that, there is one to add.
        page.model._base_manager.filter(pk=ours.of(page.model).pk).delete()
    for person in people:
        may = person.role in (page.roles_for(action) or ()) and route.name not in CONDITIONAL
        may_see = person.role in page.roles_for("view")
        told = f"{person.role} {route.name} ({action})"
        shown = person.ask("get", address)
        if route.name.endswith("_change") and action == "change" and "password" not in route.name:
            assert (shown not in REFUSED) == may_see, f"{told}: GET {shown}"
        elif shown != 405:
            assert (shown not in REFUSED) == may, f"{told}: GET {shown}"
        if action != "view" and not (action == "add" and not may):
            sent = person.ask("post", address)
            assert (sent not in REFUSED) == may, f"{told}: POST {sent}"


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_bulk_actions(model: type[models.Model], people: list[Person], ours: Belongings) -> None:
    """Django asks `has_<action>_permission` of each: offered to whom the matrix lets, and to nobody else."""
    page: Any = admin.site._registry[model]
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for person in people:
        answer: Any = person.client.get(address)
        offered = set()
        if answer.status_code == 200:
            with tenant_scope(ours.tenant):
                choices = answer.context["cl"].model_admin.get_action_choices(answer.wsgi_request)
            offered = {choice for choice, _words in choices}
        for function, name, _title in page._get_base_actions():
            wanted = getattr(function, "allowed_permissions", ())
            assert wanted, f"{name} of {type(page).__name__} names no permission"
            assert set(wanted) <= set(actions_of(page))
            may = any(person.role in (page.roles_for(one) or ()) for one in wanted)
            assert (name in offered) == (may and person.role in page.roles_for("view")), (person.role, name)


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_autocompletes(model: type[models.Model], people: list[Person]) -> None:
    """Names of what a field refers to are completed for those who may see its page."""
    for field in model._meta.fields:
        remote: Any = admin.site._registry.get(field.related_model) if field.is_relation else None
        if remote is None or not remote.search_fields:
            continue
        about = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
        for person in people:
            status = person.ask(
                "get", reverse("admin:autocomplete"), {**about, "field_name": field.name, "term": "a"}
            )
            assert (status == 200) == (person.role in remote.roles_for("view")), (
                person.role,
                field.name,
                status,
            )


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model._meta.label)
def test_inline_forms_ask_no_less_than_their_page(model: type[models.Model]) -> None:
    page: Any = admin.site._registry[model]
    for inline in page.inlines:
        for action in ("view", "add", "change", "delete"):
            assert (inline.roles_for(action) or frozenset()) <= (
                page.roles_for("change" if action != "view" else "view") or frozenset()
            )


@pytest.mark.parametrize("route", OF_API, ids=lambda route: route.template)
def test_the_api(route: Route, people: list[Person], ours: Belongings) -> None:
    address = route.address(route.arguments(ours)) if route.names_rows else route.address()
    methods = set(getattr(route.callback, "actions", None) or {"get": "get"}) - {"head"}
    for person in people:
        for method in sorted(methods):
            status = (
                person.ask(method, address, content_type="application/json")
                if method != "get"
                else person.ask(method, address)
            )
            may = person.role in route.view_class.roles_for(method.upper())
            assert (status not in REFUSED) == may, (
                f"{person.role} {method.upper()} {route.template}: {status}"
            )


@pytest.mark.parametrize(
    "dataset", sorted(all_datasets(), key=lambda one: one.name), ids=lambda one: one.name
)
def test_exports(dataset: Dataset, people: list[Person]) -> None:
    for person in people:
        asked = {"dataset": dataset.name, "format": "csv"}
        status = person.ask("post", reverse("export-list"), asked, content_type="application/json")
        assert (status == 201) == (person.role in dataset.roles), (person.role, status)


def test_files_are_handed_to_those_who_may_export(people: list[Person], ours: Belongings) -> None:
    from exports.models import Export

    export = ours.of(Export)
    for person in people:
        for name in ("export-download", "download-export"):
            status = person.ask("get", reverse(name, args=[export.pk]))
            assert (status == 200) == (person.role in {Role.OWNER, Role.ADMIN, Role.MANAGER}), (
                person.role,
                status,
            )


def test_every_page_that_shows_a_companys_rows_declares_its_roles() -> None:
    for model in PAGES:
        if path_to_tenant(model):
            assert admin.site._registry[model].roles_for("view") is not None, model  # type: ignore[attr-defined]


def test_nobody_without_a_role_gets_anything(ours: Belongings) -> None:
    client = SteadyClient()
    client.force_login(User.objects.create(username="lonely"))
    assert not Member._base_manager.filter(user__username="lonely").exists()
    stranger = Person("", client)

    for route in OF_PAGES + OF_API:
        if not route.parameters:
            assert stranger.ask("get", route.address()) in REFUSED | {405}, route.name

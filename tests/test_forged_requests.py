"""Requests that no page of ours makes: another site's form, a way out in a parameter, fields that nobody shows.

Each is tried on every route, form and operation that there is; tests/guards.py takes the guards away and sees this fail.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.contrib import admin
from django.db import models
from django.urls import reverse

from config.masking import is_secret_name
from tenants.fields import Sealed
from tenants.models import Member, Role, User
from tests import test_isolation as walk
from tests.strangers import touches
from tests.strangers.asking import parameters_asked_for
from tests.strangers.belongings import Belongings
from tests.strangers.bodies import bodies_of, body_names
from tests.strangers.forms import forged
from tests.strangers.furnishing import SteadyClient
from tests.strangers.routes import OPEN, Route

# None of this is asked of the database: one engine is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

world, callers, theirs, ours = walk.world, walk.callers, walk.theirs, walk.ours
ROUTES = walk.ROUTES
CHANGING = ("post", "put", "patch", "delete")
# Who calls these says so in the request itself; a browser's cookie opens nothing there.
OF_MACHINES = frozenset(
    {
        *("oauth-token", "oauth-revoke", "oauth-introspect"),
        *("retailcrm-activity", "retailcrm-status", "retailcrm-account", "make-call"),
    }
)
# Open descriptions: whoever asks is not even looked at.
FOR_READING = frozenset({"schema", "docs", "redoc"})
REFUSALS = ("CSRF", "The form was too old")  # the API's and the pages'


def address_of(route: Route, ours: Belongings) -> str:
    return route.address(route.arguments(ours) if route.names_rows else None)


# Another site's form


@pytest.fixture
def owner(world: walk.World) -> Member:
    return Member._base_manager.filter(tenant=world.ours.tenant, role=Role.OWNER, is_active=True).get()


@pytest.fixture
def browser(owner: Member) -> SteadyClient:
    """The owner's, signed in, while another site's page posts."""
    client = SteadyClient(enforce_csrf_checks=True)
    client.force_login(owner.user)
    return client.settle()


@pytest.mark.parametrize("route", ROUTES, **walk.by_name)
def test_another_site_changes_nothing_with_a_persons_cookie(
    route: Route, browser: SteadyClient, ours: Belongings, world: walk.World
) -> None:
    # Signing in has left its traces.
    before = {**world.own_before, **ours.snapshot(touches.touched())}
    for method in CHANGING:
        browser.begin_again()
        options = {"content_type": "application/json"} if route.is_api or method != "post" else {}
        answer: Any = getattr(browser, method)(address_of(route, ours), {}, **options)
        told = f"{method.upper()} {route.template}: {answer.status_code}"
        if route.name in OF_MACHINES or route.name in FOR_READING:
            assert answer.status_code in (400, 401, 405, 415), f"{told}; it looks at no cookie"
        else:
            assert answer.status_code == 403, told
            assert any(words in walk.text_of(answer) for words in REFUSALS), told
    assert walk.changed(ours, before, touches.touched()) == {}


# A way out in a parameter

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "javascript:alert(1)//evil.example",
)
# By which names sites usually say where to go next; those that the view asks for are tried, too.
USUAL = frozenset(
    {"next", "back", "url", "return_to", "return_url", "redirect", "redirect_to", "redirect_uri"}
)


def leads_away(answer: Any) -> bool:
    """As a browser reads it: a backslash is a slash, and what stands around is cut off."""
    targets = [answer.headers.get(name, "") for name in ("Location", "HX-Redirect", "Refresh")]
    plain = [re.sub(r"[\x00-\x20]", "", target).replace("\\", "/") for target in targets]
    found = [urlsplit(urljoin("http://testserver/", target)) for target in plain]
    return any(one.scheme == "javascript" or (one.hostname or "").endswith("evil.example") for one in found)


HERE = "/led-astray/"


@pytest.mark.parametrize("route", ROUTES, **walk.by_name)
def test_no_parameter_leads_to_another_site(
    route: Route, callers: list[walk.Caller], ours: Belongings
) -> None:
    """Who looks at no parameter is led nowhere, and who follows no address of the same site follows none of another."""
    owner, address = callers[0], address_of(route, ours)
    for method in ("get", "post"):
        with parameters_asked_for() as asked:
            answer = ask_anew(owner, method, route, address, dict.fromkeys(USUAL, ELSEWHERE[0]))
        assert not leads_away(answer), f"{method.upper()} {route.template}: {answer.headers['Location']}"
        if not asked:
            continue
        answer = ask_anew(owner, method, route, address, dict.fromkeys(asked | USUAL, HERE))
        for target in ELSEWHERE if HERE in answer.headers.get("Location", "") else ():
            answer = ask_anew(owner, method, route, address, dict.fromkeys(asked | USUAL, target))
            assert not leads_away(answer), f"{method.upper()} {route.template}: {answer.headers['Location']}"


def ask_anew(caller: walk.Caller, method: str, route: Route, address: str, content: Any) -> Any:
    caller.client.begin_again()
    with walk.rolled_back():
        return caller.ask(method, route, address, content)


# Fields that nobody shows

GIVES_RIGHTS = frozenset(
    {"tenant", "tenant_id", "company", "role", "scopes", "user", "user_id", "member", "owner", "permissions", "groups",
     "is_superuser", "is_staff", "user_permissions", "password"}
)  # fmt: skip
# Decided by the program alone.
ITS_OWN = frozenset({"id", "pk", "created_at", "updated_at", "state", "digest", "last_used_at", "__class__"})
# The operations whose business it is to hand out rights; `tenants/tests/test_machines.py` says within which limits.
OPERATIONS_THAT_GIVE = {
    ("/api/v1/api-keys", "scopes"),
    ("/api/v1/api-keys/%(pk)s", "scopes"),
    # exports/tests/test_schedule_surfaces.py: whose rights one may let a schedule run with.
    ("/api/v1/export-schedules", "owner"),
    ("/api/v1/export-schedules/%(pk)s", "owner"),
    # Of the ZIP that is written.
    ("/webhooks/export", "password"),
}
# Its senders are older than this API and say more than it asks for: what else they say changes nothing.
IGNORES_THE_REST = frozenset({"/api/smart-redirect"})
WRITES = [
    (route, method)
    for route in ROUTES
    if route.is_api
    for method in ("post", "put", "patch")
    if body_names(route, method) is not None
]


@pytest.mark.parametrize(
    ("route", "method"), WRITES, ids=lambda part: part.template if isinstance(part, Route) else part
)
def test_the_api_takes_no_field_that_it_does_not_describe(
    route: Route, method: str, callers: list[walk.Caller], ours: Belongings
) -> None:
    known = body_names(route, method) or frozenset()
    assert {(route.template, name) for name in known & GIVES_RIGHTS} <= OPERATIONS_THAT_GIVE
    strange = (GIVES_RIGHTS | ITS_OWN) - known
    body = bodies_of(route, method, ours)[-1]

    for caller in callers[:2]:
        for name in sorted(strange):
            with walk.rolled_back():
                answer: Any = caller.ask(method, route, address_of(route, ours), {**body, name: "x"})
            told = f"{caller.name} {method.upper()} {route.template} {name}: {answer.status_code}"
            if route.template in IGNORES_THE_REST:
                assert (answer.status_code, answer.content) == plainly_asked(
                    caller, method, route, ours, body
                ), told
                continue
            assert answer.status_code == 400, told
            assert name in {error["field"] for error in answer.json()["errors"]}, told


def plainly_asked(
    caller: walk.Caller, method: str, route: Route, ours: Belongings, body: Any
) -> tuple[int, bytes]:
    with walk.rolled_back():
        answer: Any = caller.ask(method, route, address_of(route, ours), body)
    return answer.status_code, answer.content


# What members of a company may give in the admin; tenants/tests/test_members.py and test_machines_admin.py say to whom.
FORMS_THAT_GIVE = {
    ("tenants.Member", "role"),
    ("tenants.Invitation", "role"),
    ("tenants.ApiKey", "scopes"),
    ("tenants.OAuthApplication", "scopes"),
    ("exports.ExportSchedule", "owner"),
}
FORMS = [(model, page) for model in walk.ADMIN_LISTS for page in ("add", "change")]


@pytest.mark.parametrize(("model", "page"), FORMS, ids=lambda part: getattr(part, "__name__", part))
def test_a_form_of_the_admin_sets_only_what_it_shows(
    model: type[models.Model], page: str, callers: list[walk.Caller], ours: Belongings, theirs: Belongings
) -> None:
    owner = callers[0].client
    row = ours.of(model)
    arguments = [row.pk] if page == "change" else []
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)
    shown: Any = owner.get(address)
    form = forged(shown, ours)
    if form is None or not _may_post(shown):
        return
    fields = set(shown.context["adminform"].form.fields)
    assert {(model._meta.label, name) for name in fields & GIVES_RIGHTS} <= FORMS_THAT_GIVE
    hidden = [field for field in model._meta.concrete_fields if field.name not in fields]
    extra = {key: value for field in hidden for key, value in _hostile(field, theirs).items()}
    before = set(model._base_manager.values_list("pk", flat=True))

    with walk.rolled_back():
        answer: Any = owner.post(address, {**extra, **form})
        assert answer.status_code < 500
        for written in model._base_manager.exclude(pk__in=before - {row.pk}):
            stored = row if page == "change" else None
            assert list(_taken(written, stored, hidden, theirs)) == []


def _may_post(shown: Any) -> bool:
    return bool(shown.context.get("has_change_permission") or shown.context.get("has_add_permission"))


HOSTILE = "hostile0value"


def _hostile(field: Any, theirs: Belongings) -> dict[str, Any]:
    """The field under each name by which a form might read it."""
    if field.is_relation:
        value: Any = theirs.of(field.related_model).pk if field.related_model in _owned(theirs) else 1
        return {field.name: value, field.attname: value}
    if isinstance(field, models.BooleanField):
        return {field.name: "on"}
    if isinstance(field, models.IntegerField | models.FloatField):
        return {field.name: 987654}
    if isinstance(field, models.DateTimeField):
        return {
            field.name: "2001-02-03 04:05:06",
            f"{field.name}_0": "2001-02-03",
            f"{field.name}_1": "04:05:06",
        }
    if isinstance(field, models.JSONField) and not isinstance(field, Sealed):
        return {field.name: f'["{HOSTILE}"]'}
    return {field.name: HOSTILE}


def _owned(theirs: Belongings) -> set[Any]:
    return {type(theirs.tenant), *theirs._rows}


def _taken(written: Any, before: Any, hidden: list[Any], theirs: Belongings) -> Iterator[str]:
    """Columns that hold what was sent although no page shows them."""
    for field in hidden:
        value = getattr(written, field.attname)
        sent = {str(one) for one in _hostile(field, theirs).values()}
        if before is not None and isinstance(field, models.BooleanField):
            if value != getattr(before, field.attname):
                yield field.name
        elif str(value) in sent or any(part in str(value) for part in (HOSTILE, "2001-02-03")):
            yield field.name


# A list as an oracle


@pytest.mark.parametrize("model", walk.ADMIN_LISTS, ids=lambda model: model._meta.label)
def test_no_list_answers_questions_about_secrets(
    model: type[models.Model], callers: list[walk.Caller], ours: Belongings
) -> None:
    """Whether a digest, or what is encrypted, begins with a letter."""
    ours.of(model)
    operator = SteadyClient()
    operator.force_login(
        User.objects.create(username=f"operator-{ours.mark}", is_staff=True, is_superuser=True)
    )
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    secret = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, Sealed) or (is_secret_name(field.name) and isinstance(field, models.CharField))
    ]
    for client in (callers[0].client, operator):
        for name in secret:
            for how in ("", "__startswith", "__regex"):
                answer: Any = client.get(address, {f"{name}{how}": "a"})
                assert answer.status_code in (302, 400, 403, 404), f"{name}{how}: {answer.status_code}"


def test_the_lists_above_name_nothing_that_is_not_there() -> None:
    assert {route.name for route in ROUTES} >= OF_MACHINES | FOR_READING
    assert OPEN >= OF_MACHINES | FOR_READING
    assert {model for model, _name in FORMS_THAT_GIVE} <= {
        model._meta.label for model in admin.site._registry
    }
    assert {template for template, _name in OPERATIONS_THAT_GIVE} <= {route.template for route in ROUTES}
    assert len(WRITES) > 10

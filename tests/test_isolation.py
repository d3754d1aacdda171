"""Companies never meet: every address, with another company's ids, by everybody who has no business there.

Routes, rows and parameters are found by looking, so a new page, action or filter is covered without a word here, or
fails with an instruction of what to name.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.db import models, transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from exports.lanes import LANE
from exports.links import signed_url
from exports.models import Export
from exports.registry import Dataset, all_datasets
from tenants.models import Member, Role, User
from tenants.tests.factories import make_api_key, make_member
from tenants.work import drain
from tests.strangers import touches
from tests.strangers.asking import parameters_asked_for
from tests.strangers.belongings import Belongings, owned_models, strays
from tests.strangers.bodies import bodies_of
from tests.strangers.forms import forged
from tests.strangers.furnishing import SteadyClient, furnished, lasting_rows, put_files_back
from tests.strangers.routes import Route, every_route, model_named

# On PostgreSQL the policies of row-level security would hide what the program itself lets through: the stricter engine is
# enough for this long walk, and tenants/tests/test_row_security.py sees to the other wall.
pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

METHODS = ("get", "options", "post", "put", "patch", "delete")  # HEAD is answered by what answers GET
# Every page of the admin refuses all others at one place, before it looks at anything (tenants/site.py): one of them stands for all.
METHODS_OF_ADMIN = ("get", "post", "put")
REFUSED = frozenset({401, 403, 404})
NOT_TAKEN = 405

ROUTES = every_route()
NAMING = [route for route in ROUTES if route.names_rows]
PLAIN = [route for route in ROUTES if not route.names_rows]
ADMIN_LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)
by_name = {"ids": lambda route: route.template}


def methods_of(route: Route) -> tuple[str, ...]:
    return METHODS_OF_ADMIN if route.template.startswith("/admin/") and not route.is_api else METHODS


@dataclass(frozen=True, slots=True)
class Caller:
    name: str
    client: SteadyClient
    of_ours: bool

    def ask(self, method: str, route: Route, address: str, content: Any = None) -> HttpResponseBase:
        send = getattr(self.client, method)
        if method in ("get", "head", "options"):
            return send(address, content or {}) if method != "options" else send(address)
        if route.is_api:
            return send(address, {} if content is None else content, content_type="application/json")
        return send(address, content or {}) if method == "post" else send(address)


@dataclass(frozen=True, slots=True)
class World:
    ours: Belongings
    theirs: Belongings
    callers: list[Caller]
    before: dict[str, Any]
    """What is theirs."""
    own_before: dict[str, Any]


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with (
        touches.noted(django_db_blocker),
        lasting_rows(django_db_blocker, tmp_path_factory.mktemp("exports")),
    ):
        ours, theirs = furnished(), furnished()
        headers = {"Authorization": f"Bearer {make_api_key(ours.tenant)[1]}"}
        callers = [
            Caller("owner", owner_of(ours, theirs).settle(), True),
            Caller("key", SteadyClient(headers=headers).settle(), True),
            Caller("anonymous", SteadyClient().settle(), False),
        ]
        touches.forget()
        yield World(ours, theirs, callers, theirs.snapshot(), ours.snapshot())


@pytest.fixture
def theirs(world: World) -> Belongings:
    """What must stay unseen and untouched."""
    return world.theirs


@pytest.fixture
def ours(world: World) -> Belongings:
    """The strangers' own: their pages are not empty, and their own rows can be made to point at others'."""
    put_files_back(world.ours)
    return world.ours


@pytest.fixture
def callers(world: World) -> list[Caller]:
    for caller in world.callers:
        caller.client.begin_again()
    return world.callers


def owner_of(ours: Belongings, theirs: Belongings) -> SteadyClient:
    """An owner, who was once dismissed by the other company and still has its number in the session."""
    member = make_member(ours.tenant, Role.OWNER, user=User.objects.create(username=f"owner-{ours.mark}"))
    former = make_member(theirs.tenant, Role.OWNER, user=member.user)
    Member._base_manager.filter(pk=former.pk).update(is_active=False)
    client = SteadyClient()
    client.force_login(member.user)
    session = client.session
    session["tenant"] = theirs.tenant.pk
    session.save()
    return client


@pytest.fixture(autouse=True)
def _untouched(world: World, ours: Belongings, callers: list[Caller]) -> Iterator[None]:
    """Whatever the test does, nothing of theirs changes, and nothing of anybody's points across."""
    yield

    touched = touches.touched()
    assert changed(world.theirs, world.before, touched) == {}
    assert strays(touched) == []


def changed(belongings: Belongings, before: dict[str, Any], touched: frozenset[str]) -> dict[str, Any]:
    """What of a company's is no longer as it was, of the tables that were written to."""
    return {name: rows for name, rows in belongings.snapshot(touched).items() if rows != before[name]}


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{content.decode(errors='replace')} {dict(response.headers)}"


def shown_of(belongings: Belongings, response: Any) -> list[str]:
    """What of a company's the answer gives away."""
    text = text_of(response)
    return [secret for secret in (belongings.mark, *belongings.ids) if secret in text]


def leads_to_login(response: Any) -> bool:
    return response.status_code == 302 and urlsplit(response.headers["Location"]).path == reverse(
        "admin:login"
    )


def outcome(response: Any, values: dict[str, Any]) -> tuple[int, str]:
    """Status and target, without the ids that were asked for."""
    target = response.headers.get("Location", "")
    # The longest first: a short number may be a part of another id.
    for value in sorted(map(str, values.values()), key=len, reverse=True):
        target = target.replace(value, "…")
    return response.status_code, target


def ghosts_of(values: dict[str, Any]) -> dict[str, Any]:
    """Ids of the same shape that nobody ever had."""
    return {
        name: uuid.uuid4() if isinstance(value, uuid.UUID) else 2_000_000_000
        for name, value in values.items()
    }


@pytest.mark.parametrize("route", NAMING, **by_name)
def test_their_ids_open_nothing(route: Route, callers: list[Caller], theirs: Belongings) -> None:
    """Refused, and in the very way in which ids that never were are: not even that a row exists can be learnt."""
    real = route.arguments(theirs)
    ghosts = ghosts_of(real)

    for caller in callers:
        for method in methods_of(route):
            unknown = caller.ask(method, route, route.address(ghosts))
            if unknown.status_code == NOT_TAKEN:
                continue
            answer = caller.ask(method, route, route.address(real))

            told = f"{caller.name} {method.upper()} {route.template}: {answer.status_code}"
            assert outcome(answer, real) == outcome(unknown, ghosts), told
            assert theirs.mark not in text_of(answer), told
            if method != "options" and not is_moved_within_admin(route, answer):
                assert answer.status_code in REFUSED or leads_to_login(answer), told


def is_moved_within_admin(route: Route, answer: Any) -> bool:
    """Django's admin sends whoever asks for a row that is not there to its index, with a message."""
    if not route.template.startswith("/admin/") or answer.status_code not in (301, 302):
        return False
    return answer.headers["Location"] == reverse("admin:index") or answer.headers["Location"].endswith(
        "/change/"
    )


@pytest.mark.parametrize("route", PLAIN, **by_name)
def test_pages_without_an_id_show_and_change_nothing_of_theirs(
    route: Route, callers: list[Caller], theirs: Belongings
) -> None:
    """Lists, forms, searches and collections, asked for plainly and then with the others' ids in every parameter."""
    for caller in callers:
        for method in methods_of(route):
            with parameters_asked_for() as asked:
                answer: Any = caller.ask(method, route, route.address())
            told = f"{caller.name} {method.upper()} {route.template}: {answer.status_code}"
            assert answer.status_code < 500 or route.name == "health", told
            assert shown_of(theirs, answer) == [], told
            if not caller.of_ours and not route.is_open and method != "options":
                is_refused = answer.status_code in {*REFUSED, NOT_TAKEN} or leads_to_login(answer)
                assert is_refused, f"{told}; say OPEN in tests/strangers/routes.py if everybody may see it"
            if caller.of_ours and answer.status_code != NOT_TAKEN:
                ask_for_theirs(caller, method, route, route.address(), asked, theirs)


@pytest.mark.parametrize("route", NAMING, **by_name)
def test_own_rows_cannot_be_made_to_point_at_theirs(
    route: Route, callers: list[Caller], ours: Belongings, theirs: Belongings
) -> None:
    """One's own row in the address, the others' ids in everything that is sent along."""
    address = route.address(route.arguments(ours))
    for caller in [caller for caller in callers if caller.of_ours]:
        for method in methods_of(route):
            with rolled_back(), parameters_asked_for() as asked:
                answer: Any = caller.ask(method, route, address)
                told = f"{caller.name} {method.upper()} {route.template}: {answer.status_code}"
                assert answer.status_code < 500, told
                assert shown_of(theirs, answer) == [], told
            if answer.status_code != NOT_TAKEN:
                ask_for_theirs(caller, method, route, address, asked, theirs)


@contextmanager
def rolled_back() -> Iterator[None]:
    """What was done is judged, and undone for the next question."""
    with transaction.atomic():
        yield
        assert strays(touches.touched()) == []
        transaction.set_rollback(True)


def ask_for_theirs(
    caller: Caller, method: str, route: Route, address: str, asked: set[str], theirs: Belongings
) -> None:
    for content in contents(caller, method, route, address, asked, theirs):
        with rolled_back():
            answer: Any = caller.ask(method, route, address, content)
            told = f"{caller.name} {method.upper()} {route.template} with {content}: {answer.status_code}"
            assert answer.status_code < 500 or route.name == "health", told
            # Ids are echoed by forms and messages: what must not appear is what they stand for.
            assert theirs.mark not in text_of(answer), told


def contents(
    caller: Caller, method: str, route: Route, address: str, asked: set[str], theirs: Belongings
) -> Iterator[Any]:
    if route.is_api and method in ("post", "put", "patch"):
        yield from bodies_of(route, method, theirs)
    elif method in ("get", "post"):
        given = {name: values_for(name, route, theirs) for name in sorted(asked)}
        if method == "get":
            yield from ({name: value} for name, values in given.items() for value in values)
        yield {name: values[0] for name, values in given.items()}
    if method == "post" and route.template.startswith("/admin/"):
        form = forged(caller.ask("get", route, address), theirs)
        if form is not None:
            yield form


def values_for(name: str, route: Route, theirs: Belongings) -> list[Any]:
    """Their row of the model that the parameter, or else the page, is about; and their words, cut so that an echo is told from a hit."""
    model = (
        model_named(name.partition("__")[0]) or getattr(route.view_class, "model", None) or route.admin_model
    )
    words = theirs.mark[:-2]
    return [words] if model is None else [theirs.of(model).pk, words]


@pytest.mark.parametrize("model", ADMIN_LISTS, ids=lambda model: model._meta.label)
def test_filters_and_actions_of_a_list_do_not_reach_theirs(
    model: type[models.Model], callers: list[Caller], theirs: Belongings
) -> None:
    owner = callers[0].client
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    page: Any = admin.site._registry[model]
    pk = theirs.of(model).pk
    shown: Any = owner.get(address)
    specs = shown.context["cl"].filter_specs if shown.status_code == 200 else []
    filters = [name for spec in specs for name in spec.expected_parameters()]

    for name in [*filters, "q", "id__exact", "pk__exact", "tenant__id__exact"]:
        for value in (pk, theirs.tenant.pk, theirs.mark[:-2]):
            answer: Any = owner.get(address, {name: value})
            assert answer.status_code < 500
            assert theirs.mark not in text_of(answer), (name, value)
    for _function, name, _title in page._get_base_actions():
        for across in ("0", "1"):
            sent = {"action": name, "_selected_action": [pk], "select_across": across, "index": 0}
            with rolled_back(), parameters_asked_for() as asked:
                answer = owner.post(address, sent)
                assert answer.status_code < 500
                assert theirs.mark not in text_of(answer), name
            with rolled_back():
                confirmed = dict.fromkeys(asked - set(sent), "yes")
                answer = owner.post(address, {**sent, **confirmed, "_selected_action": [pk]}, follow=True)
                assert answer.status_code < 500
                assert theirs.mark not in text_of(answer), name
                assert theirs.of(model).__class__._base_manager.filter(pk=pk).exists()


@pytest.mark.parametrize("model", ADMIN_LISTS, ids=lambda model: model._meta.label)
def test_completions_offer_nothing_of_theirs(
    model: type[models.Model], callers: list[Caller], theirs: Belongings
) -> None:
    for caller in callers:
        for field in model._meta.get_fields():
            if field.is_relation:
                about = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                answer: Any = caller.client.get(
                    reverse("admin:autocomplete"),
                    {**about, "field_name": field.name, "term": theirs.mark[:4]},
                )
                assert answer.status_code in REFUSED | {200} or leads_to_login(answer)
                assert shown_of(theirs, answer) == []


@pytest.mark.parametrize(
    "dataset", sorted(all_datasets(), key=lambda found: found.name), ids=lambda found: found.name
)
def test_an_export_holds_own_rows_only(
    dataset: Dataset, callers: list[Caller], ours: Belongings, theirs: Belongings
) -> None:
    """Without a filter, and with each filter set to what is theirs."""
    key = callers[1].client
    named: list[dict[str, Any]] = [{}]
    row = str(theirs.of(dataset.model).pk)
    named.extend({name: value} for name in dataset.filters_by_name for value in (row, [row], theirs.mark))
    written = []
    for filters in named:
        asked = {"dataset": dataset.name, "format": "csv", "filters": filters}
        answer: Any = key.post(reverse("export-list"), asked, content_type="application/json")
        assert answer.status_code in (201, 400), answer.content
        if answer.status_code == 201:
            drain(LANE)
            file = key.get(reverse("export-download", args=[answer.json()["id"]]))
            assert file.status_code == 200
            written.append(text_of(file))

    assert ours.mark in written[0]
    assert [text for text in written if theirs.mark in text] == []


def test_a_link_to_an_own_file_opens_no_other(ours: Belongings, theirs: Belongings) -> None:
    token = urlsplit(signed_url(ours.of(Export))).query

    answer: Any = Client().get(f"{reverse('download-export', args=[theirs.of(Export).pk])}?{token}")

    assert answer.status_code == 403
    assert theirs.mark not in text_of(answer)


LISTS = [route for route in PLAIN if route.shows == "list"]
DETAILS = [route for route in NAMING if route.shows == "detail"]


@pytest.mark.parametrize("route", LISTS + DETAILS, **by_name)
def test_the_owners_see_what_strangers_do_not(route: Route, callers: list[Caller], ours: Belongings) -> None:
    """Otherwise the absence of a mark would prove nothing."""
    owner = callers[0]
    values = route.arguments(ours) if route.names_rows else {}

    answer: Any = owner.ask("get", route, route.address(values))

    if answer.status_code != 403:  # pages for operators
        assert answer.status_code == 200
        assert shown_of(ours, answer) != []


def test_the_walk_reaches_everything(theirs: Belongings, capsys: pytest.CaptureFixture[str]) -> None:
    """How much was tried; told in every run that is not spread over processes."""
    missing = [model._meta.label for model in owned_models() if not theirs.of(model).pk]

    assert missing == []
    assert len(NAMING) > 100
    with capsys.disabled():
        print(
            f"\n{len(ROUTES)} routes x 3 callers, {len(NAMING)} of them naming rows,"
            f" {len(owned_models())} models, {len(ADMIN_LISTS)} lists with their filters and actions"
        )

"""The walk finds what it looks for: leaks are planted on every kind of surface, and each is reported by its name."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from exports.reader import Reader
from exports.registry import get_dataset
from tenants.scoping import all_tenants
from tests import test_isolation as walk
from tests.strangers.belongings import Belongings, strays
from tests.strangers.routes import Route, every_route
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]  # as the walk

world, callers, theirs, ours = walk.world, walk.callers, walk.theirs, walk.ours


@pytest.fixture
def leaking(settings: Any) -> dict[str, Route]:
    """The routes of an installation with holes, by their names."""
    settings.ROOT_URLCONF = "tests.strangers.leaks"
    return {route.name: route for route in every_route()}


def test_routes_are_found_without_being_named_anywhere(leaking: dict[str, Route]) -> None:
    known = {route.name for route in walk.ROUTES}

    assert set(leaking) - known == {
        "forgetful-list",
        "forgetful-detail",
        "telling-list",
        "telling-detail",
        "open-page",
        "meddling-page",
    }


@pytest.mark.parametrize("name", ["forgetful-detail", "telling-detail", "open-page"])
def test_a_route_that_opens_anothers_row_is_reported(
    name: str, leaking: dict[str, Route], callers: list[walk.Caller], theirs: Belongings
) -> None:
    with pytest.raises(AssertionError, match=leaking[name].template.replace("%(pk)s", ".*")):
        walk.test_their_ids_open_nothing(leaking[name], callers, theirs)


def test_a_list_that_shows_anothers_rows_is_reported(
    leaking: dict[str, Route], callers: list[walk.Caller], theirs: Belongings
) -> None:
    theirs.of(Endpoint)

    with pytest.raises(AssertionError, match="GET /api/v1/forgetful-endpoints: 200"):
        walk.test_pages_without_an_id_show_and_change_nothing_of_theirs(
            leaking["forgetful-list"], callers, theirs
        )


def test_a_page_that_lets_strangers_in_is_reported(
    leaking: dict[str, Route], callers: list[walk.Caller], theirs: Belongings
) -> None:
    with pytest.raises(AssertionError, match="say OPEN in"):
        walk.test_pages_without_an_id_show_and_change_nothing_of_theirs(
            leaking["meddling-page"], callers[2:], theirs
        )


def test_what_was_changed_of_theirs_is_reported(
    world: walk.World, leaking: dict[str, Route], callers: list[walk.Caller], theirs: Belongings
) -> None:
    """The guard around each test of the walk."""
    guard = walk._untouched.__wrapped__(world, world.ours, callers)
    next(guard)

    callers[0].client.post("/admin/webhooks/endpoint/meddling/", {"endpoint": theirs.of(Endpoint).pk})

    with pytest.raises(AssertionError, match=r"webhooks\.Endpoint"):
        next(guard)


def test_a_row_that_points_across_is_reported(ours: Belongings, theirs: Belongings) -> None:
    Delivery._base_manager.filter(pk=ours.of(Delivery).pk).update(endpoint=theirs.of(Endpoint).pk)

    assert list(strays()) != []
    assert all("endpoint" in found for found in strays())


def test_an_action_that_tells_of_others_is_reported(
    monkeypatch: pytest.MonkeyPatch, callers: list[walk.Caller], theirs: Belongings
) -> None:
    @admin.action(description="leak")
    def leak(page: Any, request: HttpRequest, chosen: Any) -> HttpResponse:
        with all_tenants():
            return HttpResponse(" ".join(row.name for row in Endpoint.objects.all()))

    page = admin.site._registry[Endpoint]
    monkeypatch.setattr(type(page), "actions", (leak,))

    with pytest.raises(AssertionError, match="leak"):
        walk.test_filters_and_actions_of_a_list_do_not_reach_theirs(Endpoint, callers, theirs)


def test_a_list_whose_page_names_anothers_rows_is_reported(
    monkeypatch: pytest.MonkeyPatch, callers: list[walk.Caller], theirs: Belongings
) -> None:
    name = theirs.of(Endpoint).name
    page = type(admin.site._registry[Endpoint])
    monkeypatch.setattr(page, "search_help_text", name)

    with pytest.raises(AssertionError, match=r"'q'|id__exact|state"):
        walk.test_filters_and_actions_of_a_list_do_not_reach_theirs(Endpoint, callers, theirs)


def test_a_completion_of_anothers_name_is_reported(
    monkeypatch: pytest.MonkeyPatch, callers: list[walk.Caller], theirs: Belongings
) -> None:
    def search(page: Any, request: HttpRequest, queryset: Any, term: str) -> tuple[list[Endpoint], bool]:
        with all_tenants():
            return list(Endpoint.objects.filter(name__startswith=term)), False

    theirs.of(Endpoint)
    monkeypatch.setattr(type(admin.site._registry[Endpoint]), "get_search_results", search)

    with pytest.raises(AssertionError, match=theirs.mark):
        walk.test_completions_offer_nothing_of_theirs(Delivery, callers, theirs)


def test_an_export_of_everybodys_rows_is_reported(
    monkeypatch: pytest.MonkeyPatch, callers: list[walk.Caller], ours: Belongings, theirs: Belongings
) -> None:
    blocks = Reader.blocks

    def everybodys(reader: Reader, *size: int) -> Iterator[Any]:
        with all_tenants():
            yield from blocks(reader, *size)

    monkeypatch.setattr(Reader, "_rows", lambda reader: reader.dataset.model._base_manager.all())
    monkeypatch.setattr(Reader, "blocks", everybodys)

    with pytest.raises(AssertionError, match=r"== \[\]"):
        walk.test_an_export_holds_own_rows_only(get_dataset("calls"), callers, ours, theirs)

"""Rows as other systems and old programs leave them: every page and every list still opens, whatever stands in them.

Moments at the ends of the calendar, as they are sent for "never": a company east of Greenwich has no wall clock for the last
hours that there are in UTC, one west of it none for the first. Nothing wherever nothing may stand; markup, formats and
writing from right to left wherever people write; the largest numbers that a column holds.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

from integrations.store.cleaning import LARGEST, STEP
from tenants.models import Role, Tenant
from tenants.tests.factories import make_api_key, make_member
from tests.strangers.belongings import Belongings, owned_models
from tests.strangers.furnishing import SteadyClient, furnished, lasting_rows
from tests.strangers.routes import Route, every_route

pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

AnyField = models.Field[Any, Any]
NOT_MEANT = object()
WORDS = frozenset({"connector", "preset", "dataset", "format"})
MARKUP = "<script>alert(1)</script>"
HOSTILE = f"{MARKUP}'\"&{{{{ 7*7 }}}}{{% now %}}%s%(x)s{{0}}\\u202e\u202eשלום\u2066 \u0000".replace(
    "\u0000", "\ufffd"
)
ROUTES = [route for route in every_route() if route.shows]


def at(end: datetime) -> Callable[[AnyField], Any]:
    def value(field: AnyField) -> Any:
        if isinstance(field, models.DateTimeField):
            return end
        return end.date() if isinstance(field, models.DateField) else NOT_MEANT

    return value


def nothing(field: AnyField) -> Any:
    if field.null:
        return None
    return "" if type(field) in (models.CharField, models.TextField) and field.blank else NOT_MEANT


def hostile(field: AnyField) -> Any:
    """Not where only words of the program stand."""
    is_written = type(field) in (models.CharField, models.TextField) and not field.choices
    if not is_written or field.unique or field.name in WORDS:
        return NOT_MEANT
    return HOSTILE[: field.max_length]


def removed(field: AnyField) -> Any:
    """A connector whose folder was taken away."""
    return "removed" if field.name == "connector" else NOT_MEANT


def largest(field: AnyField) -> Any:
    if isinstance(field, models.DecimalField):
        return LARGEST - STEP
    if not isinstance(field, models.IntegerField) or field.primary_key:
        return NOT_MEANT
    return connection.ops.integer_field_range(field.get_internal_type())[1]


# Together what does not hide one another: each look at all pages takes a quarter of a minute.
ODD: dict[str, tuple[str, tuple[Callable[[AnyField], Any], ...]]] = {
    "much": ("Asia/Vladivostok", (at(datetime.max.replace(tzinfo=UTC)), hostile, largest)),
    "early": ("America/New_York", (at(datetime.min.replace(tzinfo=UTC)), removed)),
    "nothing": ("UTC", (nothing,)),
}


@pytest.fixture(scope="module", params=ODD)
def ours(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Belongings]:
    zone, ways = ODD[request.param]
    with lasting_rows(django_db_blocker, tmp_path_factory.mktemp("exports")):
        ours = furnished()
        assert put(ways, ours) > 100
        Tenant.objects.filter(pk=ours.tenant.pk).update(timezone=zone)
        yield ours


def put(ways: Sequence[Callable[[AnyField], Any]], belongings: Belongings) -> int:
    """Into every column of every row, one by one, where the database takes it; how many there were."""
    taken = 0
    for model in owned_models():
        row = model._base_manager.filter(pk=belongings.of(model).pk)
        for field in model._meta.concrete_fields:
            meant = (value for way in ways if (value := way(field)) is not NOT_MEANT)
            value = NOT_MEANT if field.is_relation else next(meant, NOT_MEANT)
            if value is NOT_MEANT or getattr(row.get(), field.attname) is None:
                continue
            try:
                with transaction.atomic():
                    taken += row.update(**{field.attname: value})
            except DatabaseError:
                continue  # a constraint wants another
    return taken


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_every_page_opens(route: Route, ours: Belongings) -> None:
    answer: Any = caller(route, ours).get(route.address(route.arguments(ours) if route.names_rows else {}))

    shown = getattr(answer, "content", b"").decode()
    # Somebody's session that ended in the year 1 is not shown any more.
    is_gone = answer.status_code == 302 and "/signin/session/" in route.template
    assert answer.status_code in (200, 403) or is_gone, shown
    assert MARKUP not in shown or answer["Content-Type"].startswith("application/json")


def caller(route: Route, ours: Belongings) -> SteadyClient:
    if route.is_api and not route.template.startswith("/admin/"):
        return SteadyClient(headers={"Authorization": f"Bearer {make_api_key(ours.tenant)[1]}"})
    client = SteadyClient()
    client.force_login(make_member(ours.tenant, Role.OWNER).user)
    return client

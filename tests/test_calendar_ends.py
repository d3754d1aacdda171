"""Moments at the ends of the calendar, as other systems send them for "never": every page and every list still opens.

A company east of Greenwich has no wall clock for the last hours that there are in UTC, one west of it none for the first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from tenants.models import Role, Tenant
from tenants.tests.factories import make_api_key, make_member
from tests.strangers.belongings import Belongings, owned_models
from tests.strangers.furnishing import SteadyClient, furnished, lasting_rows
from tests.strangers.routes import Route, every_route

pytestmark = [pytest.mark.django_db, pytest.mark.engine("sqlite")]

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
ROUTES = [route for route in every_route() if route.shows]


@pytest.fixture(
    scope="module", params=[("Asia/Vladivostok", LAST), ("America/New_York", FIRST)], ids=["last", "first"]
)
def ours(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Belongings]:
    zone, end = request.param
    with lasting_rows(django_db_blocker, tmp_path_factory.mktemp("exports")):
        ours = furnished()
        Tenant.objects.filter(pk=ours.tenant.pk).update(timezone=zone)
        assert put_at(end, ours) > 100
        yield ours


def put_at(end: datetime, belongings: Belongings) -> int:
    """Every time and date of every row, one by one where a constraint wants others of them; how many there were."""
    moved = 0
    for model in owned_models():
        row = model._base_manager.filter(pk=belongings.of(model).pk)
        for field in model._meta.concrete_fields:
            value = _end_for(field, end)
            if value is None or getattr(row.get(), field.attname) is None:
                continue
            try:
                with transaction.atomic():
                    moved += row.update(**{field.attname: value})
            except IntegrityError:
                continue  # an end before its beginning: the database keeps none
    return moved


def _end_for(field: models.Field[Any, Any], end: datetime) -> datetime | date | None:
    if isinstance(field, models.DateTimeField):
        return end
    return end.date() if isinstance(field, models.DateField) else None


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_every_page_opens(route: Route, ours: Belongings) -> None:
    answer: Any = caller(route, ours).get(route.address(route.arguments(ours) if route.names_rows else {}))

    # Somebody's session that ended in the year 1 is not shown any more.
    is_gone = answer.status_code == 302 and "/signin/session/" in route.template
    assert answer.status_code in (200, 403) or is_gone, getattr(answer, "content", b"").decode()


def caller(route: Route, ours: Belongings) -> SteadyClient:
    if route.is_api and not route.template.startswith("/admin/"):
        return SteadyClient(headers={"Authorization": f"Bearer {make_api_key(ours.tenant)[1]}"})
    client = SteadyClient()
    client.force_login(make_member(ours.tenant, Role.OWNER).user)
    return client

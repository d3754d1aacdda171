"""What is kept for a while only goes when its time has come, and nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from config.ids import uuid7_at
from telephony import tasks
from telephony.models import OriginateOrigin, OriginateRequest, OriginateState
from telephony.tasks import CLICKS_KEPT, forget_clicks
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def clicked(tenant: Tenant, ago: timedelta, state: str, **values: Any) -> OriginateRequest:
    with all_tenants():
        named = {"id": uuid7_at(timezone.now() - ago), "tenant": tenant, "state": state}
        filled: dict[str, Any] = {**named, "origin": OriginateOrigin.API, **values}
        return OriginateRequest.objects.create(**filled)  # type: ignore[misc]


def left() -> set[str]:
    return set(OriginateRequest._base_manager.values_list("asked", flat=True))


def test_clicks_that_are_over_go_after_three_months_and_their_calls_stay(monkeypatch: Any) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    tenant, other = make_tenant(), make_tenant()
    call = make_call(make_pbx(tenant))
    old, young = CLICKS_KEPT + DAY, CLICKS_KEPT - DAY
    clicked(tenant, old, OriginateState.ENDED, call=call, asked="ended")
    clicked(tenant, old + DAY, OriginateState.FAILED, asked="failed")
    clicked(other, old + 2 * DAY, OriginateState.REFUSED, asked="refused")
    clicked(tenant, old + 3 * DAY, OriginateState.SENT, asked="under way")
    clicked(tenant, young, OriginateState.ENDED, asked="young")

    assert forget_clicks() == 3

    assert left() == {"under way", "young"}
    call.refresh_from_db()
    assert forget_clicks() == 0

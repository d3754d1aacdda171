"""Old exchanges go, failed ones later."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Exchange
from integrations.tasks import forget_exchanges
from integrations.tests.factories import make_integration
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def test_only_what_is_too_old_goes(monkeypatch):
    monkeypatch.setattr("integrations.tasks.BATCH", 2)
    row = make_integration(make_tenant())
    with all_tenants():
        for days, error in [(1, ""), (15, ""), (16, ""), (17, ""), (15, "auth"), (91, "auth")]:
            Exchange.objects.create(
                tenant=row.tenant,
                integration=row,
                operation=f"{days} {error}",
                method="GET",
                url="x",
                started_at=timezone.now() - timedelta(days=days),
                duration_ms=1,
                error=error,
            )

        assert forget_exchanges() == 4

        assert set(Exchange.objects.values_list("operation", flat=True)) == {"1 ", "15 auth"}

"""Who is responsible, by the records that we have: of a client's open deals only those that are there."""

from dataclasses import replace

import pytest

from integrations.actions.delete_record import delete_record, restore_record
from integrations.actions.upsert_records import upsert_records
from integrations.models import Deal
from integrations.records import Deal as TheirDeal
from integrations.records import RecordKind
from integrations.store.owner import Owner
from integrations.store.tests.test_upsert import ANNA
from integrations.tests.factories import make_integration
from telephony.redirect.finding import by_records
from telephony.redirect.tests.test_take import assign
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db


def test_a_deal_that_was_deleted_names_nobody() -> None:
    integration = make_integration(make_tenant(phone_region="BY"))
    assign(integration, "19", "150")
    with tenant_scope(integration.tenant):
        owner = Owner.of(integration.pk)
        upsert_records(owner, RecordKind.CONTACT, [replace(ANNA, phones=("+375291234570",))])
        deal = TheirDeal(outside_id="7", responsible_id="19", contact_ids=("51",))
        upsert_records(owner, RecordKind.DEAL, [deal])
        kept = Deal.objects.get()

        def named() -> list[str]:
            return [one.extension for one in by_records(integration.tenant_id, "+375291234570")]

        assert named() == ["150"]
        delete_record(integration.tenant_id, RecordKind.DEAL, kept.pk)
        assert named() == []
        restore_record(integration.tenant_id, RecordKind.DEAL, kept.pk)
        assert named() == ["150"]

"""Forms of the admin with characters that no database can hold."""

from typing import Any

import pytest
from django.test import Client

from exports.models import Export, ExportTemplate
from exports.request import ExportRequest, InvalidRequest
from exports.tests.support import AUDIT_LIST
from tenants.models import Tenant
from tenants.scoping import all_tenants

BASE: dict[str, Any] = {"format": "csv", "columns": ["actor"]}


@pytest.mark.parametrize(
    "sent",
    [
        {"title-actor": "a\x00b"},
        {"columns": ["sum"], "expression-sum": '"a\x00"'},
        {"columns": ["a\x00"]},
    ],
)
@pytest.mark.parametrize("button", [{}, {"save_template": "1", "template_name": "Mine"}])
def test_a_heading_that_cannot_be_stored_is_refused_beside_the_columns(
    tenant: Tenant, manager: Client, sent: dict[str, Any], button: dict[str, str]
) -> None:
    answer = manager.post(f"{AUDIT_LIST}export/", BASE | sent | button)

    assert answer.status_code == 200
    assert 'class="export-reason"' in answer.content.decode()
    with all_tenants():
        assert not Export.objects.exists()
        assert not ExportTemplate.objects.exists()


def test_a_templates_name_that_cannot_be_stored_is_refused(tenant: Tenant, manager: Client) -> None:
    sent = BASE | {"save_template": "1", "template_name": "a\x00b"}

    assert manager.post(f"{AUDIT_LIST}export/", sent).status_code == 200
    with all_tenants():
        assert not ExportTemplate.objects.exists()


@pytest.mark.parametrize(
    "query", ["q=a%00b", "actor__exact=%00", "ids=%00", "ids=" + "1" * 400, "_template=%00", "colour=1"]
)
def test_an_address_that_means_nothing_is_never_an_error(manager: Client, query: str) -> None:
    page = manager.get(f"{AUDIT_LIST}export/?{query}")
    sent = manager.post(f"{AUDIT_LIST}export/?{query}", BASE)

    assert page.status_code in (200, 302)
    assert sent.status_code in (200, 302)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
@pytest.mark.parametrize("key", ["title", "expression"])
def test_whoever_asks_a_column_says_nothing_that_cannot_be_stored(
    tenant: Tenant, key: str, text: str
) -> None:
    asked = ExportRequest("audit", "csv", columns=[{"name": "actor", key: text}])

    with pytest.raises(InvalidRequest) as refused:
        asked.check(tenant.zone)

    assert refused.value.field == f"columns[0].{key}"

"""Whatever can be imported: an export of it comes back as the same, in the default columns."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from exports.imports.importer import importable
from exports.tests.imports import previewed, rows_of
from integrations.actions.assign_extension import assign_extension
from integrations.actions.edit_record import create_record
from integrations.importing.tests.test_records import exported
from integrations.models import Product
from integrations.records import RecordKind
from integrations.tests.factories import make_integration
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_extension
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.models import Endpoint


@pytest.fixture
def furnished(tenant: Tenant) -> Tenant:
    for number, name in (("0150", "=Анна"), ("*78", "'+"), ("#1", "")):
        make_extension(tenant, number, name)
    crm = make_integration(tenant, name="-CRM")
    with tenant_scope(tenant):
        for user, number in (("+7", "0150"), ("8", "*78")):
            assign_extension(crm, user, number)
        create_record(
            tenant, RecordKind.CONTACT, {"name": "@Anna", "phones": ["+375291234567", "+375291234568"]}
        )
        create_record(tenant, RecordKind.CONTACT, {"name": "Only a name", "comment": "one\ntwo"})
        create_record(
            tenant,
            RecordKind.COMPANY,
            {"name": "Firm", "tax_number": "190000000", "emails": ["a@example.com"]},
        )
        Product.objects.create(tenant=tenant, name="Tea", sku="0012", search_key="tea")
        create_endpoint(
            Endpoint(
                tenant=tenant, name="=Shop", url="https://hooks.example.com/in/x", events=["call.*", "*"]
            )
        )
    return tenant


@pytest.mark.parametrize("dataset", [one.name for one in importable()])
@pytest.mark.parametrize(("format", "options"), [("csv", {"encoding": "cp1251"}), ("csv", {}), ("xlsx", {})])
def test_what_goes_out_comes_back(
    furnished: Tenant, dataset: str, format: str, options: dict[str, str]
) -> None:
    content: Any = exported(furnished, dataset, format, options, [])

    job = previewed(furnished, SimpleUploadedFile(f"a.{format}", content, ""), dataset)

    assert (job.reason, job.same > 0, job.same) == ("", True, job.rows_read), [
        row.content for row in rows_of(job)
    ]

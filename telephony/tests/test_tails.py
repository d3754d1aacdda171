"""Calls that are older than `client_tail` get it when the database is brought up to date."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from telephony.models import Call
from telephony.tests.factories import make_call, make_pbx
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant

migration = import_module("telephony.migrations.0014_tails_of_numbers")


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


@pytest.mark.parametrize(
    ("number", "raw", "tail"),
    [
        ("+375291234570", "80291234570", "075432192573"),
        ("", "8 (029) 123-45-70", "07543219208"),
        ("", "anonymous", ""),
    ],
)
def test_older_calls_are_found_by_the_end_of_their_number(
    tenant: Tenant, number: str, raw: str, tail: str
) -> None:
    with all_tenants():
        call = make_call(make_pbx(tenant))
        Call.objects.filter(pk=call.pk).update(client_number=number, client_raw=raw, client_tail="")
        with connection.cursor() as cursor:
            migration.fill_tails(apps, SimpleNamespace(connection=connection, execute=cursor.execute))

        assert Call.objects.get(pk=call.pk).client_tail == tail

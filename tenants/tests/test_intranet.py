"""A company's exceptions from the egress policy: set by operators, in the admin or by a file, checked when saved."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.intranet import exceptions_in_scope
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db
ALLOWED = "10.1.2.0/24,192.168.7.7/32:8080"


def form(tenant: Tenant, **values: str) -> dict[str, str]:
    names = ("number", "name", "timezone", "phone_region", "language")
    return {**{name: getattr(tenant, name) for name in names}, "is_active": "on", **values}


def save(user, tenant: Tenant, **values: str) -> Tenant:
    client = Client()
    client.force_login(user)
    client.post(f"/admin/tenants/tenant/{tenant.pk}/change/", form(tenant, **values))
    return Tenant.objects.get(pk=tenant.pk)


def test_an_operator_sets_it():
    tenant = make_tenant()

    assert save(make_operator(), tenant, egress_allow=ALLOWED).egress_allow == ALLOWED
    with tenant_scope(tenant):
        assert exceptions_in_scope() == ALLOWED


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_administrators_of_a_company_cannot_set_it(role):
    tenant = make_tenant(egress_allow=ALLOWED)

    saved = save(make_member(tenant, role).user, tenant, name="Renamed", egress_allow="10.0.0.0/8")

    assert (saved.name, saved.egress_allow) == ("Renamed", ALLOWED)


def test_they_do_not_even_see_it():
    tenant = make_tenant(egress_allow=ALLOWED)
    client = Client()
    client.force_login(make_member(tenant).user)

    assert "10.1.2.0" not in client.get(f"/admin/tenants/tenant/{tenant.pk}/change/").content.decode()


@pytest.mark.parametrize("text", ["10.1.2.3/8", "everything", "10.0.0.0/8:0", "10.0.0.0/8;11.0.0.0/8"])
def test_what_is_no_network_is_refused(text):
    with pytest.raises(ValidationError, match=r"10\.0\.5\.0"):
        make_tenant(egress_allow=text).full_clean()


def test_a_file_sets_it_and_names_the_line_of_a_mistake():
    apply_text(f'tenants: [{{number: "0367", name: June, egress_allow: "{ALLOWED}"}}]')

    assert Tenant.objects.get().egress_allow == ALLOWED
    with all_tenants():
        assert dump_tenants()["tenants"][0]["egress_allow"] == ALLOWED
    with pytest.raises(ConfigurationError, match="egress_allow"):
        apply_text('tenants: [{number: "0367", egress_allow: "everything"}]')

"""The mobile numbers of colleagues: in the admin, by the API and in the configuration file; each of one colleague only."""

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.actions.save_mobiles import mobiles_of, save_mobiles, save_mobiles_of
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.configuration.reading import ConfigurationError
from tenants.models import AuditEntry, Extension, Mobile, Role, Tenant
from tenants.scoping import all_tenants, tenant_scope
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant

pytestmark = pytest.mark.django_db
ANNAS, BORIS = "+375291112233", "+375297654321"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant(phone_region="BY")


@pytest.fixture
def anna(tenant: Tenant) -> Extension:
    return make_extension(tenant, "150", "Anna")


def save(extension: Extension, *numbers: str) -> bool:
    with tenant_scope(extension.tenant_id):
        return save_mobiles(extension, numbers)


def saved(extension: Extension) -> list[str]:
    with all_tenants():
        return mobiles_of(Extension.objects.get(pk=extension.pk))


def test_numbers_are_completed_by_the_companys_region(tenant: Tenant, anna: Extension) -> None:
    assert save(anna, "8 (029) 111-22-33", ANNAS, "375297654321")

    assert saved(anna) == [ANNAS, BORIS]
    tenant.refresh_from_db()
    assert tenant.has_mobiles
    assert not save(anna, BORIS, ANNAS)
    with all_tenants():
        [entry] = AuditEntry.objects.filter(action="extension.updated")
    assert (entry.before, entry.after) == ({"mobiles": []}, {"mobiles": [ANNAS, BORIS]})


@pytest.mark.parametrize("text", ["150", "anonymous", "", "+3752911122334455", "+375291112233\n+1", "١٥٠"])
def test_what_is_no_number_is_refused(anna: Extension, text: str) -> None:
    with pytest.raises(ValidationError, match="is no telephone number"):
        save(anna, ANNAS, text)

    assert saved(anna) == []


def test_a_number_is_one_colleagues(tenant: Tenant, anna: Extension) -> None:
    other = make_extension(tenant, "151", "Boris")
    save(anna, ANNAS)

    with pytest.raises(ValidationError, match="is the number of 150 Anna"):
        save(other, ANNAS)
    with all_tenants(), pytest.raises(IntegrityError), transaction.atomic():
        Mobile.objects.create(tenant=tenant, extension=other, number=ANNAS)
    save(anna)
    save(other, ANNAS)

    assert (saved(anna), saved(other)) == ([], [ANNAS])


def test_companies_know_nothing_of_each_other(anna: Extension) -> None:
    save(anna, ANNAS)
    stranger = make_extension(make_tenant(phone_region="BY"), "150")

    assert save(stranger, ANNAS)


def test_they_are_entered_with_the_extension(tenant: Tenant, anna: Extension) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(make_member(tenant, Role.ADMIN).user)
    page = reverse("admin:tenants_extension_change", args=[anna.pk])
    form = {"number": "150", "name": "Anna", "mobile_numbers": f"80291112233\n{BORIS}"}

    assert client.post(page, form).status_code == 302
    assert saved(anna) == [ANNAS, BORIS]
    assert ANNAS in client.get(page).content.decode()
    assert f"{ANNAS}, {BORIS}" in client.get(reverse("admin:tenants_extension_changelist")).content.decode()

    wrong = client.post(page, {**form, "mobile_numbers": "nobody"})
    assert "is no telephone number" in wrong.content.decode()
    added = client.post(
        reverse("admin:tenants_extension_add"), {"number": "151", "name": "", "mobile_numbers": ANNAS}
    )
    assert "is the number of 150 Anna" in added.content.decode()
    assert saved(anna) == [ANNAS, BORIS]


def call(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1/extensions{path}", json.dumps(body), "application/json")


def test_the_api_reads_and_writes_them(tenant: Tenant) -> None:
    machine = Client(headers={"x-api-key": make_api_key(tenant, ["extensions:read", "extensions:write"])[1]})

    made = call(machine, "POST", "", {"number": "150", "name": "Anna", "mobiles": ["80291112233"]})
    path = f"/{made.json()['id']}"
    again = call(machine, "PATCH", path, {"mobiles": [BORIS, ANNAS]})
    named = call(machine, "PATCH", path, {"name": "Anna P."})
    taken = call(machine, "POST", "", {"number": "151", "mobiles": [ANNAS]})
    wrong = call(machine, "PATCH", path, {"mobiles": ["nobody"]})

    assert (made.status_code, made.json()["mobiles"]) == (201, [ANNAS])
    assert again.json()["mobiles"] == named.json()["mobiles"] == [ANNAS, BORIS]
    assert (taken.status_code, wrong.status_code) == (400, 400)
    assert "mobiles" in str(taken.json()["errors"])
    [listed] = machine.get("/api/v1/extensions").json()["results"]
    assert (listed["number"], listed["mobiles"]) == ("150", [ANNAS, BORIS])
    assert call(machine, "PATCH", path, {"mobiles": []}).json()["mobiles"] == []
    assert call(machine, "DELETE", path).status_code == 204


FILE = """
tenants:
- number: "0367"
  name: June
  phone_region: BY
  extensions:
  - {number: "150", name: Anna, mobiles: ["80291112233", "+375297654321"]}
  - {number: "151"}
"""


def test_the_configuration_file_has_them_too() -> None:
    apply_text(FILE)
    assert apply_text(FILE).changes == []

    [company] = dump_tenants(["0367"])["tenants"]
    assert company["extensions"] == [
        {"number": "150", "name": "Anna", "mobiles": [ANNAS, BORIS]},
        {"number": "151"},
    ]
    # What the file does not name stays, an empty list takes away.
    apply_text(FILE.replace(', mobiles: ["80291112233", "+375297654321"]', ""))
    with all_tenants():
        assert Mobile.objects.count() == 2
    apply_text(FILE.replace('["80291112233", "+375297654321"]', "[]"))
    with all_tenants():
        assert Mobile.objects.count() == 0


@pytest.mark.parametrize(
    ("value", "words"),
    [('["nobody"]', "no telephone number"), ('"80291112233"', "must be a list"), ('["1", "2"]', "line 7")],
)
def test_a_mistake_names_its_line(value: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        apply_text(FILE.replace('["80291112233", "+375297654321"]', value))


def test_a_number_moves_whichever_extension_the_file_names_first() -> None:
    apply_text(FILE)
    moved = FILE.replace(', mobiles: ["80291112233", "+375297654321"]', ', mobiles: ["+375297654321"]')
    moved = moved.replace('{number: "151"}', '{number: "151", mobiles: ["80291112233"]}')
    swapped = moved.replace('"80291112233"', '"?"').replace('"+375297654321"', '"80291112233"')
    swapped = swapped.replace('"?"', '"+375297654321"')

    def owners() -> dict[str, str]:
        with all_tenants():
            return dict(Mobile.objects.values_list("number", "extension__number"))

    apply_text(moved)
    assert owners() == {ANNAS: "151", BORIS: "150"}
    apply_text(swapped)
    assert owners() == {ANNAS: "150", BORIS: "151"}
    with all_tenants():
        assert AuditEntry.objects.filter(action="extension.updated").count() == 5


def test_who_wants_anothers_number_is_named_by_line() -> None:
    both = FILE.replace('{number: "151"}', '{number: "151", mobiles: ["80291112233"]}')

    with pytest.raises(ConfigurationError, match=r"line 8.*is the number of 150 Anna"):
        apply_text(both)
    with all_tenants():
        assert Mobile.objects.count() == 0


def test_many_cost_no_more_statements_than_one(tenant: Tenant) -> None:
    def statements(first: int, count: int) -> int:
        wanted = {
            make_extension(tenant, str(first + place)): [f"+375291{first + place:06}"]
            for place in range(count)
        }
        with tenant_scope(tenant), CaptureQueriesContext(connection) as asked:
            save_mobiles_of(wanted)
        return len(asked)

    assert statements(200, 1) == statements(300, 30)

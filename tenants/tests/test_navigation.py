"""What stands around every page of the admin, and what it costs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.models import Role
from tenants.tests.factories import make_member, make_operator, make_tenant

pytestmark = pytest.mark.django_db


def queries_to(table: str, client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(reverse(page)).status_code == 200
    return sum(f'FROM "{table}"' in query["sql"] for query in captured)


def test_a_page_asks_for_the_companies_once():
    """A page is made of dozens of templates, each of which is given the companies."""
    member = make_member(make_tenant(), Role.OWNER)
    make_member(make_tenant(), Role.VIEWER, user=member.user)
    person, operator = Client(), Client()
    person.force_login(member.user)
    operator.force_login(make_operator())

    asked = queries_to("tenants_member", person, "admin:tenants_extension_changelist")

    assert asked == 2  # who works where, and where they could work
    assert queries_to("tenants_tenant", operator, "admin:tenants_extension_changelist") == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
@pytest.mark.parametrize("page", ["index", "tenants_extension_changelist"])
def test_pages_are_looked_at_and_posted_to_and_nothing_else(method: str, page: str, client: Client):
    client.force_login(make_member(make_tenant(), Role.OWNER).user)

    answer = getattr(client, method)(reverse(f"admin:{page}"))

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")

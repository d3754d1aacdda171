"""Endpoints in the configuration file: applied twice, changed, dumped, and mistakes that name their line."""

import pytest

from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.models import Tenant
from tenants.scoping import all_tenants
from webhooks.models import Endpoint, EndpointSecret
from webhooks.signing import new_secret

SECRET = new_secret()
FILE = """tenants:
- number: "0367"
  name: June
  timezone: Europe/Minsk
  endpoints:
  - name: CRM feed
    url: "https://Hooks.Example.com"
    events: ["endpoint.*", "endpoint.disabled"]
    secret: "%s"
    format: standard
"""


@pytest.fixture(autouse=True)
def _everybody(db):
    with all_tenants():
        yield


def test_applying_twice_changes_nothing():
    first = apply_text(FILE % SECRET)
    second = apply_text(FILE % SECRET)

    assert any("endpoint CRM feed" in str(change) for change in first.changes)
    assert second.changes == []
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.events) == (
        "https://hooks.example.com/",
        ["endpoint.*", "endpoint.disabled"],
    )
    assert EndpointSecret.objects.get().secret == SECRET
    assert SECRET not in " ".join(map(str, first.changes))


def test_a_changed_secret_is_rotated_with_overlap():
    fresh = new_secret()
    apply_text(FILE % SECRET)

    plan = apply_text(FILE % fresh)

    assert len(plan.changes) == 1
    assert [(row.secret == fresh, row.expires_at is None) for row in EndpointSecret.objects.all()] == [
        (True, True),
        (False, False),
    ]


def test_a_dry_run_leaves_nothing():
    plan = apply_text(FILE % SECRET, dry_run=True)

    assert plan.changes
    assert not Tenant.objects.exists()


def test_dump_is_the_same_form():
    apply_text(FILE % SECRET)

    (public,) = dump_tenants()["tenants"][0]["endpoints"]
    (full,) = dump_tenants(secrets=True)["tenants"][0]["endpoints"]

    assert public == {
        "name": "CRM feed",
        "url": "https://hooks.example.com/",
        "events": ["endpoint.*", "endpoint.disabled"],
        "format": "standard",
    }
    assert full == {**public, "secret": SECRET}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"https://Hooks.Example.com"', "http://localhost/", r"line 7, tenants\[0\].endpoints\[0\].url"),
        ('["endpoint.*", "endpoint.disabled"]', '["nothing.at.all"]', "nothing.at.all"),
        ("format: standard", "format: morse", "line 10.*format"),
        ("format: standard", "colour: red", "colour"),
        ('secret: "%s"', 'secret: "x%s"', "line 9.*secret"),
        ("    events:", "    enabled: 7\n    events:", "enabled"),
        (
            "endpoints:\n  - name: CRM feed",
            "sources: [{name: Shop}]\n  endpoints:\n  - name: CRM feed",
            "line 5.*sources",
        ),
    ],
)
def test_mistakes_name_their_line(old, new, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        apply_text(FILE.replace(old, new) % SECRET)

    assert not Endpoint.objects.exists()


def test_an_empty_list_of_sources_is_fine():
    apply_text(FILE % SECRET + "  sources: []\n")

    assert Endpoint.objects.count() == 1

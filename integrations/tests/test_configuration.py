"""Integrations as configuration: idempotent, precise about mistakes, secrets only on request."""

import pytest

from integrations.models import ExtensionAssignment, Integration
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.scoping import all_tenants

pytestmark = pytest.mark.django_db

FILE = """
tenants:
- number: "0367"
  name: June
  extensions: [{number: "150"}, {number: "151"}]
  integrations:
  - connector: retailcrm
    name: Main CRM
    settings:
      url: https://example.retailcrm.ru
    credentials: {api_key: very-secret}
    extension_mapping: {"19": "150", 18: "151"}
"""


@pytest.fixture(autouse=True)
def _everyone():
    with all_tenants():
        yield


def test_apply_twice_changes_nothing_the_second_time():
    apply_text(FILE)
    row = Integration.objects.get()
    assert (row.settings, row.credentials) == (
        {"url": "https://example.retailcrm.ru"},
        {"api_key": "very-secret"},
    )
    assert dict(ExtensionAssignment.objects.values_list("outside_user_id", "extension")) == {
        "19": "150",
        "18": "151",
    }

    plan = apply_text(FILE)

    assert plan.changes == []
    assert Integration.objects.get().version == row.version


def test_numbers_can_be_swapped():
    apply_text(FILE)
    apply_text(FILE.replace('"19": "150", 18: "151"', '"19": "151", 18: "150"'))

    rows = ExtensionAssignment.objects.filter(valid_to__isnull=True)
    assert dict(rows.values_list("outside_user_id", "extension")) == {"19": "151", "18": "150"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("https://example.retailcrm.ru", "ftp://x", "line 10, tenants[0].integrations[0].settings.url"),
        ("connector: retailcrm", "connector: nosuch", "line 7"),
        ("api_key: very-secret", "api_kee: x", "line 11, tenants[0].integrations[0].credentials"),
        ('18: "151"', '18: "999"', "line 12, tenants[0].integrations[0].extension_mapping"),
        ('18: "151"', '18: "150"', "line 12"),
        ("name: Main CRM", "name: Main CRM\n    colour: red", "line 9"),
    ],
)
def test_mistake_names_its_line_and_nothing_is_saved(old, new, line):
    with pytest.raises(ConfigurationError, match="^" + line.replace("[", r"\[").replace("]", r"\]")):
        apply_text(FILE.replace(old, new))

    assert Integration.objects.count() == 0


def test_dump_has_secrets_only_on_request_and_can_be_applied():
    apply_text(FILE)

    assert "very-secret" not in str(dump_tenants())
    found = dump_tenants(secrets=True)["tenants"][0]["integrations"][0]
    assert found["credentials"] == {"api_key": "very-secret"}
    assert found["extension_mapping"] == {"19": "150", "18": "151"}

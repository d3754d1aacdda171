"""The rules for duplicates in the configuration file."""

import pytest

from integrations.models import DuplicateRules
from tenants.configuration import ConfigurationError
from tenants.configuration.applying import apply_text, dump_tenants
from tenants.scoping import all_tenants

pytestmark = pytest.mark.django_db

FILE = """
tenants:
- number: "0367"
  name: June
  duplicates: {{{rules}}}
"""


def test_a_file_sets_the_rules_and_applying_it_again_changes_nothing() -> None:
    text = FILE.format(rules="contacts: phone_email, nightly: false")

    assert len(apply_text(text).changes) == 2
    assert apply_text(text).changes == []

    with all_tenants():
        (row,) = DuplicateRules.objects.all()
        assert (row.contacts, row.companies, row.is_nightly) == ("phone_email", "never", False)
    (dumped,) = dump_tenants()["tenants"]
    assert dumped["duplicates"] == {"contacts": "phone_email", "companies": "never", "nightly": False}


@pytest.mark.parametrize("rules", ["contacts: always", "people: never", "nightly: maybe"])
def test_a_mistake_names_its_line(rules: str) -> None:
    with pytest.raises(ConfigurationError, match="line 5"):
        apply_text(FILE.format(rules=rules))

    with all_tenants():
        assert not DuplicateRules.objects.exists()

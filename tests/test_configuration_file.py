"""The whole shape of a configuration file, as the documents show it, through every room's section."""

import pytest
import yaml

from tenants.configuration.applying import FIELDS, apply_text, dump_tenants
from tenants.configuration.sections import section_keys
from tenants.models import Tenant
from tests import documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def sample() -> str:
    [block] = [one for one in documents.blocks("yaml") if one.document == "docs/configuration.md"]
    return block.text


def test_the_sample_shows_every_section(sample: str) -> None:
    [company] = yaml.safe_load(sample)["tenants"]

    assert set(company) >= section_keys()
    assert set(company) >= set(FIELDS)


def test_a_dry_run_tells_everything_and_leaves_nothing(sample: str) -> None:
    told = {str(change).split(" ")[1] for change in apply_text(sample, dry_run=True).changes}

    assert told >= {"tenant", "extension", "user", "member", "API", "integration", "endpoint", "source"}
    assert not Tenant.objects.exists()


def test_the_second_time_nothing_changes(sample: str) -> None:
    first, second = apply_text(sample), apply_text(sample)

    assert len(first.changes) > 8
    assert second.changes == []
    secret = "the signing secret from Shopify"
    assert secret not in "".join(str(change) for change in first.changes)


def test_a_dump_is_the_same_form(sample: str) -> None:
    apply_text(sample)
    public, full = dump_tenants(), dump_tenants(secrets=True)

    assert "the signing secret from Shopify" not in str(public)
    assert apply_text(yaml.safe_dump(full, allow_unicode=True)).changes == []
    Tenant.objects.all().delete()
    apply_text(yaml.safe_dump(full, allow_unicode=True))

    assert dump_tenants(secrets=True) == full

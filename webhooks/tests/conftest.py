"""What most tests of this room need."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.tests.factories import make_tenant
from tenants.work import lane
from webhooks import limits
from webhooks.flow.gate import Gate
from webhooks.tests.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def _in_english(settings) -> Iterator[None]:
    """The tests quote what people read."""
    settings.LANGUAGE_CODE = "en"
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _fresh_gate(monkeypatch) -> None:
    """A worker that has just started knows no endpoint in trouble."""
    monkeypatch.setattr(lane("webhooks.deliver"), "_gate", Gate(limits.LEASED_PER_ENDPOINT))


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    with receiving() as running:
        yield running


@pytest.fixture
def tenant(db) -> Iterator[Tenant]:
    with all_tenants():
        yield make_tenant()


@pytest.fixture
def other_tenant(db) -> Tenant:
    return make_tenant()

"""A simulated exchange, and a company whose exchange it is."""

from collections.abc import Iterator

import pytest

from telephony.ami import acting
from telephony.ami.simulator import AmiSimulator
from telephony.models import Pbx
from telephony.tests.factories import make_access, make_pbx
from tenants.models import Tenant
from tenants.tests.factories import make_tenant


@pytest.fixture
def exchange(settings) -> Iterator[AmiSimulator]:
    settings.EGRESS_ALLOW = "127.0.0.1/32"
    with AmiSimulator() as simulator:
        yield simulator
    acting.close_all()


@pytest.fixture
def tenant(db) -> Tenant:
    return make_tenant()


@pytest.fixture
def other_tenant(db) -> Tenant:
    return make_tenant()


@pytest.fixture
def pbx(tenant: Tenant, exchange: AmiSimulator) -> Pbx:
    pbx = make_pbx(tenant)
    make_access(pbx, exchange.port)
    return pbx

"""Anybody can try every connector without an account: what a simulator says to enter makes its connector work."""

from typing import Any

import pytest

from integrations.actions.save_integration import create_integration
from integrations.actions.test_connection import diagnose
from integrations.connectors import registry
from integrations.connectors.rest.tests.entered import kind_row
from integrations.management.commands.simulate import discover
from tenants.scoping import tenant_scope
from tenants.tests.factories import make_tenant

# What a person describes beside the access.
BESIDE: dict[str, dict[str, Any]] = {"rest": {"kinds": [kind_row()]}}


def test_every_connector_has_a_simulator() -> None:
    assert set(registry()) <= set(discover())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", sorted(registry()))
def test_what_its_simulator_says_to_enter_works(code: str) -> None:
    manifest = registry()[code].manifest
    tenant = make_tenant(egress_allow="127.0.0.0/8")
    with discover()[code]().running() as simulator, tenant_scope(tenant):
        entered = {**simulator.how_to_connect(), **BESIDE.get(code, {})}
        secret = {one.name for one in manifest.credentials}

        row = create_integration(
            tenant,
            code,
            "Tried out",
            settings={name: value for name, value in entered.items() if name not in secret},
            credentials={name: value for name, value in entered.items() if name in secret},
        )
        found = diagnose(row)

    assert found.works, [str(one.text) for one in found.checks]

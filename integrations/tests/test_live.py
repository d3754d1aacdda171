"""A change of an integration is seen by other processes within a second, credentials and switches above all."""

import os
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from config.env import BASE_DIR
from integrations import live
from integrations.tests.factories import make_integration
from tenants.changes import follower
from tenants.changes.memory import BRIEFLY
from tenants.tests.factories import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

ELSEWHERE = """
import django, sys, time
django.setup()
from integrations.actions.save_integration import update_integration
from integrations.models import Integration
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
with all_tenants():
    row = Integration.objects.get(pk=sys.argv[1])
with tenant_scope(row.tenant_id):
    {change}
print(time.time())
"""
CHANGES = {
    "credentials": (
        'update_integration(row, credentials={"api_key": "another-key-0123456789"})',
        lambda found: found.credentials["api_key"] == "another-key-0123456789",
    ),
    "switch": ("update_integration(row, is_enabled=False)", lambda found: not found.is_enabled),
    "zone": (
        'tenant = Tenant.objects.get(pk=row.tenant_id); tenant.timezone = "Asia/Omsk"; tenant.save()',
        lambda found: found.timezone == "Asia/Omsk",
    ),
}


@pytest.fixture
def hearing():
    follower.begin()
    deadline = time.monotonic() + 60
    while not follower.is_hearing:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield
    follower.end()


def begun_elsewhere(change, row):
    """A process that makes the change and says when it was done, by the clock on the wall."""
    name = connection.settings_dict["NAME"]
    url = (
        f"sqlite:///{name}"
        if connection.vendor == "sqlite"
        else f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
    )
    return subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE.format(change=change), str(row.pk)],
        env={**os.environ, "DATABASE_URL": url, "ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS)},
        cwd=BASE_DIR,
        stdout=subprocess.PIPE,
    )


def done_at(process):
    told, _nothing = process.communicate(timeout=60)
    assert process.returncode == 0
    return float(told.splitlines()[-1])


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_made_elsewhere_is_seen_within_a_second(hearing, change):
    row = make_integration(make_tenant())
    deed, is_seen = CHANGES[change]
    assert not is_seen(live.get(row.pk))

    process = begun_elsewhere(deed, row)
    deadline = time.monotonic() + 60
    while not is_seen(live.get(row.pk)):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    seen_at = time.time()

    assert seen_at - done_at(process) < 1.0


def test_who_does_not_hear_sees_it_after_the_short_time(monkeypatch):
    row = make_integration(make_tenant())
    live.get(row.pk)
    done_at(begun_elsewhere(CHANGES["switch"][0], row))

    began = time.monotonic()
    while live.get(row.pk).is_enabled:
        assert time.monotonic() - began < BRIEFLY + 5
        time.sleep(0.05)

    assert not live.get(row.pk).is_enabled

"""Rotating keys: online, resumable, and the old key is not needed any more."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config import keyring
from config.env import new_encryption_key
from tenants import audit
from tenants.models import AuditChain, AuditEntry, StoredAnswer, Tenant
from tenants.rotation import columns, keys_in_use, rotate
from tenants.scoping import all_tenants
from tenants.tests.factories import make_member, make_tenant
from tenants.trail.seal import seal_trails
from tenants.trail.verify import verify_trails

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


def store(tenant: Tenant, count: int) -> None:
    with all_tenants():
        StoredAnswer.objects.bulk_create(
            [
                StoredAnswer(tenant=tenant, key=f"k{n}", request_digest="", body={"n": n} if n else None)
                for n in range(count)
            ]
        )


def bodies() -> list[object]:
    return [answer.body for answer in StoredAnswer._base_manager.order_by("id")]


def add_key(settings) -> str:
    key = new_encryption_key()
    settings.ENCRYPTION_KEYS = [key, *settings.ENCRYPTION_KEYS]
    return key


def run(**options) -> str:
    output = StringIO()
    call_command("rotate_keys", stdout=output, **options)
    return output.getvalue()


def test_afterwards_the_old_key_is_not_needed(tenant, settings):
    store(tenant, 7)
    audit.record("thing.done", tenant)
    seal_trails()
    before = bodies()
    key = add_key(settings)

    told = run(batch=3)

    settings.ENCRYPTION_KEYS = [key]
    assert bodies() == before == [None, *({"n": n} for n in range(1, 7))]
    assert verify_trails() == []
    assert AuditChain.objects.first().key
    assert "tenants.StoredAnswer.body: 6" in told
    assert "The older keys are no longer needed." in told
    assert set(keys_in_use()) == {key.partition(":")[0]}


def test_a_second_run_does_nothing(tenant, settings):
    store(tenant, 3)
    add_key(settings)
    run()
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_storedanswer ORDER BY id")
        sealed = cursor.fetchall()

    assert "0 value(s) sealed anew" in run()

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM tenants_storedanswer ORDER BY id")
        assert cursor.fetchall() == sealed


def test_an_interrupted_run_goes_on_where_it_stopped(tenant, settings):
    store(tenant, 10)
    key = add_key(settings)
    [column] = [one for one in columns() if one.model is StoredAnswer]
    first = next(rotate(column, 4))
    assert first.done == 4

    told = run(batch=4)

    assert "tenants.StoredAnswer.body: 5" in told
    settings.ENCRYPTION_KEYS = [key]
    assert len([body for body in bodies() if body]) == 9


def test_what_somebody_wrote_meanwhile_is_kept(tenant, settings, monkeypatch):
    store(tenant, 3)
    add_key(settings)
    [column] = [one for one in columns() if one.model is StoredAnswer]
    real = keyring.open_
    interfered: list[bool] = []

    def interfere(token: str, context: str) -> bytes:
        if not interfered:
            interfered.append(True)
            StoredAnswer._base_manager.filter(key="k1").update(body={"by": "somebody"})
        return real(token, context)

    monkeypatch.setattr(keyring, "open_", interfere)
    assert list(rotate(column))[-1].done == 1

    assert StoredAnswer._base_manager.get(key="k1").body == {"by": "somebody"}


def test_what_no_key_opens_stays_and_is_told(tenant, settings):
    store(tenant, 3)
    settings.ENCRYPTION_KEYS = [new_encryption_key()]
    output = StringIO()

    with pytest.raises(CommandError, match="2 value"):
        call_command("rotate_keys", stdout=output)

    assert "(not in the ring!)" in run(status=True)


def test_it_is_audited_and_a_fresh_key_is_printed(tenant, settings):
    store(tenant, 2)
    key = add_key(settings)
    run()

    entry = AuditEntry._base_manager.get(action="encryption.rotated")
    assert entry.after == {"key": key.partition(":")[0], "values": 1}
    assert entry.actor == "manage.py rotate_keys"
    keyring.parse_key(run(new_key=True))
    assert f"{key.partition(':')[0]} (newest): 1 values" in run(status=True)


def test_sessions_and_second_factors_are_rotated_too(settings, client):
    from allauth.mfa.adapter import get_adapter
    from allauth.mfa.models import Authenticator

    member = make_member(make_tenant())
    client.force_login(member.user)
    second = Authenticator.objects.create(
        user=member.user, type="totp", data={"secret": get_adapter().encrypt("ABCDEF"), "x": 1}
    )
    key = add_key(settings)

    assert "mfa.Authenticator.data: 1" in run()

    settings.ENCRYPTION_KEYS = [key]
    second.refresh_from_db()
    assert (get_adapter().decrypt(second.data["secret"]), second.data["x"]) == ("ABCDEF", 1)
    assert client.get("/admin/").status_code == 200


def test_every_room_is_rotated():
    names = {one.name for one in columns()}

    assert {
        "integrations.Integration.credentials",
        "webhooks.EndpointSecret.secret",
        "telephony.Pbx.token",
    } <= names
    assert {"tenants.AuditChain.key", "tenants.StoredAnswer.body", "telephony.Call.recording"} <= names

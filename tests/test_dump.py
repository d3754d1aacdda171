"""A stolen copy of the database opens nothing: secrets are planted by the real actions, then the dump is searched."""

import json
import os
import sqlite3
import subprocess
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.connectors.retailcrm.simulator import Simulator
from integrations.models import Exchange, Integration
from telephony.models import Call, CallEvent, Pbx
from telephony.scenarios import Post
from telephony.tests.factories import posts, store
from tenants import audit
from tenants.configuration.applying import apply_text
from tenants.models import AuditEntry, Member, StoredAnswer, Tenant
from tenants.scoping import all_tenants
from tenants.trail.seal import seal_trails
from tenants.work import drain
from tests.services.packages import Package
from webhooks.models import Attempt, Endpoint, Inbound, Source
from webhooks.tests.factories import make_inbound
from webhooks.tests.receiver import Receiver, receiving

CANARIES = {
    "pbx token": "canary-pbx-token-1d9f2c77",
    "former pbx token": "canary-former-token-5b21aa90",
    "call secret": "canary-call-secret-77aa10bc",
    "password": "canary-password-6e0c91d2",
    "api key": "sbk_canaryApiKeyb9f7c7d1a2e34455667788",
    "crm key": "canary-crm-key-00ff13579bdf2468",
    "endpoint secret": "whsec_" + b64encode(b"canary-endpoint-secret-4e5f60718").decode(),
    "source secret": "whsec_" + b64encode(b"canary-source-secret-a1b2c3d4e5f").decode(),
    "header": "canary-endpoint-header-39d1c0aa",
    "endpoint path": "canary-endpoint-path-5d8811fe",
    "endpoint token": "canary-endpoint-token-7be0a194",
    "inbound body": "canary-inbound-body-c09f2e61",
    "inbound query": "canary-inbound-query-20d4b7aa",
    "inbound header": "canary-inbound-header-f1e2d3c4",
    "recording": "canary-rec-20260610-110300-375291234570",
    "recording address": "canary-pbx-files-8842",
}
COMPANY = """
tenants:
- number: "0367"
  name: June
  pbx_token: "{pbx token}"
  call_secret: "{call secret}"
  extensions: [{{number: "150"}}, {{number: "151"}}]
  members: [{{username: anna, role: admin, password: "{password}"}}]
  api_keys: [{{name: ci, key: "{api key}", scopes: ["*"]}}]
  integrations:
  - connector: retailcrm
    name: Main CRM
    enabled: true
    settings: {{url: "{crm}"}}
    credentials: {{api_key: "{crm key}"}}
  endpoints:
  - {{name: feed, url: "{receiver}/{endpoint path}?a={endpoint token}", events: ["*"], secret: "{endpoint secret}", headers: {{X-Api-Token: "{header}"}}}}
  sources:
  - {{name: shop, preset: standard, secret: "{source secret}"}}
"""


@pytest.fixture
def crm() -> Iterator[Simulator]:
    simulator = Simulator(api_key=CANARIES["crm key"], codes={"150": 19, "151": 18}, limits_rate=False)
    with simulator.running() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def tenant(settings: Any, transactional_db: None, crm: Simulator, receiver: Receiver) -> Tenant:
    """A company that did everything with which secrets travel."""
    settings.CALL_END_GRACE = 0.0
    settings.EGRESS_ALLOW = ["127.0.0.0/8"]
    former = CANARIES | {"pbx token": CANARIES["former pbx token"]}
    apply_text(COMPANY.format(**former, crm=crm.url, receiver=receiver.url("/ok")))
    apply_text(COMPANY.format(**CANARIES, crm=crm.url, receiver=receiver.url("/ok")))
    tenant = Tenant.objects.get()
    _call(tenant)
    _visit(tenant)
    _receive()
    seal_trails()
    for lane in ("webhooks.fanout", "webhooks.deliver"):
        drain(lane)
    return tenant


def _call(tenant: Tenant) -> None:
    with all_tenants():
        pbx = Pbx.objects.get()
        pbx.recording_url_template = f"https://pbx.example/{CANARIES['recording address']}/{{path}}"
        pbx.save()
        played = posts("inbound_answered")
        store(pbx, [_with_secrets(post) for post in played], at=timezone.now() - timedelta(seconds=30))
        broken = f'{{"Token": "{CANARIES["pbx token"]}", "UniqueId": "x.1", "Recording": "{CANARIES["recording"]}", oops'
        doubled = f'{{"Token":"{CANARIES["pbx token"]}","File":"/a/{CANARIES["recording"]}.wav","File":"b","UniqueId":"x.1"}}'
        form = f"Token={CANARIES['pbx token']}&UniqueId=x.2&Recording={quote(CANARIES['recording'], safe='')}"
        store(pbx, [replace(played[0], path="/dial", body=body) for body in (broken, doubled, form)])
    for lane in ("calls.fold", "calls.notify", "calls.finish", "calls.notify"):
        drain(lane, timezone.now() + timedelta(minutes=1))


def _with_secrets(post: Post) -> Post:
    body = json.loads(post.body)
    body["Token"] = CANARIES["pbx token"]
    for name in ("Recording", "File"):
        if body.get(name):
            body[name] = f"/monitor/{CANARIES['recording']}.wav"
    return replace(post, body=json.dumps(body))


def _visit(tenant: Tenant) -> None:
    """The admin and the API, with right and wrong secrets."""
    person, machine = Client(), Client(headers={"x-api-key": CANARIES["api key"]})
    for password in (CANARIES["password"], "wrong-" + CANARIES["password"]):
        person.post(
            reverse("admin:login"), {"username": "anna", "password": password, "login": "anna"}, follow=True
        )
    person.post(
        reverse("admin:login"),
        {"username": CANARIES["password"], "password": "x", "login": CANARIES["password"]},
    )
    person.force_login(Member._base_manager.get().user)
    assert machine.get("/api/v1/me").status_code == 200
    made = machine.post(
        "/api/v1/endpoints",
        {
            "name": "second",
            "url": f"https://hooks.example.com/{CANARIES['endpoint path']}?a={CANARIES['endpoint token']}",
            "events": ["*"],
            "secret": CANARIES["endpoint secret"],
        },
        "application/json",
        headers={"idempotency-key": "once"},
    )
    assert made.status_code == 201, made.content
    integration = Integration._base_manager.get()
    person.post(
        reverse("admin:integrations_integration_change", args=[integration.pk]), {"credentials-api_key": "x"}
    )
    with all_tenants():
        audit.record(
            "test.leak",
            integration,
            before=audit.snapshot(integration),
            after=audit.snapshot(Pbx.objects.get()),
        )


def _receive() -> None:
    """A request that waits for its processing: as an event it is data, and lies open."""
    with all_tenants():
        make_inbound(
            Source.objects.get(),
            CANARIES["inbound body"].encode(),
            query=f"customer={CANARIES['inbound query']}",
            headers={"x-note": CANARIES["inbound header"]},
        )


def dump(tmp_path: Path) -> bytes:
    """All that a thief of the database gets."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        with sqlite3.connect(name) as copy:
            script = "\n".join(copy.iterdump()).encode("utf-8", "replace")
        raw = b"".join(Path(name + tail).read_bytes() for tail in ("", "-wal") if Path(name + tail).exists())
        return script + raw
    program = Package("postgresql", "pg_dump", ("usr/lib/postgresql/*/bin",)).path
    given = connection.settings_dict
    url = f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    # As docs/operations.md has it: the policies bind the role that dumps, too.
    command = [program, "--enable-row-security", "--dbname", url]
    environment = os.environ | {"PGOPTIONS": "-c switchboard.tenant=*"}
    return subprocess.run(command, capture_output=True, check=True, env=environment).stdout


def forms(secret: str) -> set[bytes]:
    """As it is, and in the ways in which data travels."""
    plain = secret.encode()
    core = plain.removeprefix(b"whsec_")
    return {
        plain,
        core,
        quote(secret, safe="").encode(),
        plain.hex().encode(),
        # Base64 without its ends, which depend on the neighbours.
        *(form(b" " * shift + plain)[4:-4] for form in (b64encode, urlsafe_b64encode) for shift in range(3)),
        plain.decode().encode("utf-16-le"),
    }


def test_the_scenario_really_stored_what_it_is_about(tenant: Tenant) -> None:
    with all_tenants():
        call = Call.objects.filter(recording__isnull=False).get()
        assert CANARIES["recording"] in call.recording
        assert CallEvent.objects.exclude(raw="").count() >= 2
        assert CallEvent.objects.filter(sealed__isnull=False).count() >= 3
        assert Exchange.objects.filter(operation="calls upload").count() == 1
        assert Attempt.objects.filter(status=200).exists()
        assert {endpoint.url.count("canary") for endpoint in Endpoint.objects.all()} == {2}
        assert CANARIES["inbound body"] in Inbound.objects.get().body.decode()
        assert StoredAnswer.objects.filter(body__isnull=False).exists()
        assert AuditEntry.objects.count() > 10


def test_the_crm_was_given_the_recordings_address(tenant: Tenant, crm: Simulator) -> None:
    [uploaded] = crm.calls

    assert CANARIES["recording"] in str(uploaded)
    assert CANARIES["recording address"] in str(uploaded)


def test_a_dump_reveals_no_secret(tenant: Tenant, tmp_path: Path) -> None:
    copy = dump(tmp_path)

    assert b"0367" in copy
    assert b"Main CRM" in copy
    assert {name for name, secret in CANARIES.items() for form in forms(secret) if form in copy} == set()


def test_a_dump_without_the_key_cannot_be_opened_by_the_program_either(tenant: Tenant, settings: Any) -> None:
    from config import keyring
    from config.env import new_encryption_key

    settings.ENCRYPTION_KEYS = [new_encryption_key()]

    with all_tenants(), pytest.raises(keyring.Unreadable):
        list(Integration.objects.all())

"""Who may listen, on every surface, and where the secrets of a place are never seen."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from telephony.models import Call, Pbx, Recording, RecordingLink, RecordingStore
from telephony.recordings.tests.factories import SOUND, answered_call, left_by_exchange, make_store
from tenants.models import AuditEntry, Role, Tenant
from tenants.tests.factories import make_api_key, make_extension, make_member, make_tenant

pytestmark = pytest.mark.django_db
LIST = "/api/v1/recordings"


@pytest.fixture
def call(pbx: Pbx, root: Path) -> Call:
    make_store(pbx, kind="local", root=str(root))
    made = answered_call(pbx)
    left_by_exchange(root, made)
    Recording.objects.update(state="final", size=len(SOUND))
    return made


def signed_in(tenant: Tenant, role: str, number: str = "") -> Client:
    client = Client()
    extension = make_extension(tenant, number) if number else None
    client.force_login(make_member(tenant, role, extension=extension).user)
    return client


def page(call: Call, name: str = "change") -> str:
    return reverse(f"admin:telephony_call_{name}", args=[call.pk])


def test_a_manager_listens_on_the_calls_page(call: Call) -> None:
    client = signed_in(call.tenant, Role.MANAGER)

    shown = client.get(page(call)).content.decode()
    led = client.get(page(call, "recording"))
    heard = Client().get(led["Location"], headers={"range": "bytes=0-9"})

    assert f'<audio controls preload="none" src="{page(call, "recording")}">' in shown
    assert led.status_code == 302
    assert b"".join(heard.streaming_content) == SOUND[:10]
    told = AuditEntry.objects.get(action="recording.listened")
    assert told.actor == RecordingLink.objects.get().made_for


def test_agents_listen_to_their_own_calls_only(call: Call) -> None:
    anna, boris = signed_in(call.tenant, Role.AGENT, "150"), signed_in(call.tenant, Role.AGENT, "151")

    assert anna.get(page(call, "recording")).status_code == 302
    assert boris.get(page(call, "recording")).status_code == 404
    row = Recording.objects.get()
    assert anna.get(f"{LIST}/{row.pk}").status_code == 200
    assert boris.get(f"{LIST}/{row.pk}").status_code == 404
    assert boris.get(LIST).json()["results"] == []
    assert RecordingLink.objects.count() == 1


def test_viewers_and_strangers_do_not_listen(call: Call) -> None:
    viewer, stranger = signed_in(call.tenant, Role.VIEWER), signed_in(make_tenant(), Role.OWNER)

    assert viewer.get(page(call, "recording")).status_code == 403
    assert "<audio" not in viewer.get(page(call)).content.decode()
    assert stranger.get(page(call, "recording")).status_code == 404
    row = Recording.objects.get()
    assert stranger.get(f"{LIST}/{row.pk}").status_code == 404
    assert stranger.post(f"{LIST}/{row.pk}/link", "{}", content_type="application/json").status_code == 404
    assert RecordingLink.objects.count() == 0


def test_a_machine_asks_for_a_link(call: Call) -> None:
    key = Client(headers={"x-api-key": make_api_key(call.tenant, ["recordings:*"])[1]})
    [row] = key.get(LIST, {"call": str(call.pk)}).json()["results"]

    made = key.post(f"{LIST}/{row['id']}/link", json.dumps({"minutes": 5}), content_type="application/json")

    assert made.status_code == 201
    path = made.json()["url"].removeprefix("https://hub.example.com")
    assert b"".join(Client().get(path).streaming_content) == SOUND
    assert set(row) == {"id", "call", "state", "size", "checked_at", "created_at"}
    assert AuditEntry.objects.filter(action="recording.link_made").count() == 1
    reader = Client(headers={"x-api-key": make_api_key(call.tenant, ["recordings:read"])[1]})
    assert reader.post(f"{LIST}/{row['id']}/link").status_code == 403


@pytest.mark.parametrize(("body", "status"), [({"minutes": 0}, 400), ({"minutes": 99999999}, 400), ({}, 409)])
def test_what_cannot_be_linked(call: Call, body: dict[str, int], status: int) -> None:
    Recording.objects.update(state="missing")
    key = Client(headers={"x-api-key": make_api_key(call.tenant, ["*"])[1]})

    answer = key.post(
        f"{LIST}/{Recording.objects.get().pk}/link", json.dumps(body), content_type="application/json"
    )

    assert answer.status_code == status
    assert RecordingLink.objects.count() == 0


def store_values(**values: Any) -> dict[str, Any]:
    return {
        "kind": "s3", "is_enabled": "on", "port": "22", "endpoint": "https://s3.example.com", "bucket": "calls",
        "region": "us-east-1", "username": "key-id", "secret": "the-secret-key", "crm_days": "30", "kept_days": "0",
        **values,
    }  # fmt: skip


def test_a_place_is_saved_and_its_secrets_never_come_out(pbx: Pbx) -> None:
    client = signed_in(pbx.tenant, Role.ADMIN)
    add = reverse("admin:telephony_recordingstore_add")

    saved = client.post(add, store_values(pbx=str(pbx.pk)))
    assert saved.status_code == 302, saved.context["adminform"].form.errors
    store = RecordingStore.objects.get()
    address = reverse("admin:telephony_recordingstore_change", args=[store.pk])
    shown = client.get(address).content.decode()
    changed = client.post(address, store_values(pbx=str(pbx.pk), secret="", bucket="others"))

    assert changed.status_code == 302, changed.context["adminform"].form.errors
    store.refresh_from_db()
    assert (store.secret, store.bucket) == ("the-secret-key", "others")
    assert "the-secret-key" not in shown
    assert "the-secret-key" not in str(list(AuditEntry.objects.values()))
    assert signed_in(pbx.tenant, Role.MANAGER).get(address).status_code == 403


def test_a_place_says_what_it_lacks_and_whether_it_can_be_reached(pbx: Pbx, root: Path) -> None:
    client = signed_in(pbx.tenant, Role.ADMIN)
    refused = client.post(
        reverse("admin:telephony_recordingstore_add"), store_values(pbx=str(pbx.pk), kind="sftp")
    )
    assert set(refused.context["adminform"].form.errors) >= {"host", "host_key"}
    store = make_store(pbx, kind="local", root=str(root))
    tried = reverse("admin:telephony_recordingstore_try", args=[store.pk])

    well = client.post(tried, follow=True)
    RecordingStore.objects.update(root="/etc")
    ill = client.post(tried, follow=True)

    assert "can be reached" in well.content.decode()
    assert "RECORDING_ROOTS" in ill.content.decode()

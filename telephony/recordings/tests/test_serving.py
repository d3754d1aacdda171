"""From a call's end to somebody who listens: complete or not, by which link, which bytes, and who is told of it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from telephony.actions.crm_facts import recording_url
from telephony.models import Call, Pbx, Recording, RecordingLink, RecordingStore
from telephony.models.recording import link_digest
from telephony.recordings import serving
from telephony.recordings.expecting import LANE
from telephony.recordings.keeping import copy_path, forget_old
from telephony.recordings.links import personal_link
from telephony.recordings.tests.factories import (
    MONITOR,
    SOUND,
    answered_call,
    left_by_exchange,
    looked,
    make_store,
    recording_of,
)
from tenants.models import AuditEntry, Work
from tenants.tests.factories import make_user
from tenants.work import drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(pbx: Pbx, root: Path) -> RecordingStore:
    return make_store(pbx, kind="local", root=str(root))


@pytest.fixture
def call(store: RecordingStore, pbx: Pbx) -> Call:
    """Its download event never came, so its size has to be seen."""
    made = answered_call(pbx)
    Call.objects.filter(pk=made.pk).update(recording_size=None)
    made.refresh_from_db()
    return made


@pytest.fixture
def ready(call: Call, root: Path) -> Recording:
    left_by_exchange(root, call)
    looked(2)
    return recording_of(call)


def path_of(url: str) -> str:
    assert url.startswith("https://hub.example.com/r/")
    return url.removeprefix("https://hub.example.com")


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def listen(url: str, **headers: str) -> Any:
    return Client().get(path_of(url), headers=headers)


def test_a_file_that_has_stopped_growing_is_complete(call: Call, root: Path) -> None:
    path = left_by_exchange(root, call, SOUND[:1000])
    looked()
    assert (recording_of(call).state, recording_of(call).size) == ("expected", 1000)

    path.write_bytes(SOUND)
    Recording.objects.update(checked_at=timezone.now() - timedelta(seconds=3))
    looked(2)
    assert (recording_of(call).state, recording_of(call).size) == ("expected", len(SOUND))

    Recording.objects.update(checked_at=timezone.now() - timedelta(seconds=3))
    looked(3)
    assert (recording_of(call).state, recording_of(call).size) == ("final", len(SOUND))
    assert Work.objects.filter(lane=LANE).count() == 0


def test_the_exchanges_own_word_ends_the_waiting(store: RecordingStore, pbx: Pbx, root: Path) -> None:
    call = answered_call(pbx)
    assert call.recording_size
    left_by_exchange(root, call, SOUND[: call.recording_size].ljust(call.recording_size, b"x"))

    looked()

    assert recording_of(call).state == "final"


def test_a_header_without_a_sound_is_no_recording(call: Call, root: Path) -> None:
    left_by_exchange(root, call, SOUND[:44])
    looked()
    Recording.objects.update(checked_at=timezone.now() - timedelta(seconds=3))
    looked(2)

    assert recording_of(call).state == "empty"
    assert recording_url(call) == ""


def test_what_never_comes_is_missing_in_the_end(call: Call) -> None:
    for turn in range(12):
        looked(turn + 1)
        drain(LANE, timezone.now() + timedelta(hours=turn + 1))

    row = recording_of(call)
    assert (row.state, row.reason) == ("missing", "absent")
    assert recording_url(call) == ""


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", f"{MONITOR}/../x.wav"])
def test_a_path_that_leads_out_is_never_opened(call: Call, path: str) -> None:
    Recording.objects.update(path=path)

    looked()

    row = recording_of(call)
    assert (row.state, row.reason, row.size) == ("missing", "unsafe", None)


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests that only need a complete recording do not wait for it."""
    if "ready" in request.fixturenames:
        monkeypatch.setattr("telephony.recordings.checking.STEADY", timedelta(0))


def test_a_crms_link_is_one_and_lasts(ready: Recording) -> None:
    first, second = recording_url(ready.call), recording_url(ready.call)

    assert first == second
    link = RecordingLink.objects.get()
    assert link.expires_at > timezone.now() + timedelta(days=1800)
    assert len(link.token) == 32
    assert link_digest(link.token) == link.token_digest
    answer = listen(first)
    assert (answer.status_code, body(answer)) == (200, SOUND)


def test_without_a_store_the_exchanges_own_address_is_given_as_before(pbx: Pbx) -> None:
    call = answered_call(pbx)
    assert recording_url(call) == ""
    pbx.recording_url_template = "https://pbx.example/rec/{path}"
    call.pbx = pbx

    assert recording_url(call).startswith("https://pbx.example/rec/")
    assert Recording.objects.count() == 0


def test_headers_of_a_whole_recording(ready: Recording) -> None:
    answer = listen(recording_url(ready.call))

    assert body(answer) == SOUND
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Length"] == str(len(SOUND))
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith('inline; filename="20')
    assert MONITOR not in str(answer.headers)


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-", 0, 102399),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=102300-", 102300, 102399),
        ("bytes=-100", 102300, 102399),
        ("bytes=-999999", 0, 102399),
        ("bytes=102399-999999", 102399, 102399),
    ],
)
def test_a_range_is_those_bytes(ready: Recording, wanted: str, first: int, last: int) -> None:
    answer = listen(recording_url(ready.call), range=wanted)

    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/102400"
    assert answer["Content-Length"] == str(last - first + 1)
    assert body(answer) == SOUND[first : last + 1]


@pytest.mark.parametrize("wanted", ["bytes=102400-", "bytes=5-4", "bytes=-0", "bytes=999999999-"])
def test_an_impossible_range(ready: Recording, wanted: str) -> None:
    answer = listen(recording_url(ready.call), range=wanted)

    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */102400")


@pytest.mark.parametrize("wanted", ["bytes=0-1,5-6", "items=0-1", "bytes=-", "nonsense", "bytes=a-b"])
def test_what_may_be_ignored_is_the_whole(ready: Recording, wanted: str) -> None:
    answer = listen(recording_url(ready.call), range=wanted)

    assert (answer.status_code, len(body(answer))) == (200, len(SOUND))


def test_a_range_of_another_version_is_the_whole(ready: Recording) -> None:
    url = recording_url(ready.call)
    tag = Client().head(path_of(url))["ETag"]

    same, other = (listen(url, range="bytes=0-9", **{"if-range": value}) for value in (tag, '"else"'))

    assert (same.status_code, other.status_code) == (206, 200)
    body(same), body(other)


def test_head_says_the_size_and_reads_nothing(ready: Recording, root: Path) -> None:
    url = recording_url(ready.call)
    for path in root.rglob("*.wav"):
        path.unlink()

    answer = Client().head(path_of(url))

    assert (answer.status_code, answer["Content-Length"]) == (200, "102400")
    assert AuditEntry.objects.filter(action="recording.listened").count() == 0


@pytest.mark.parametrize("token", ["unknown", "x" * 300, "%00", "..%2f..%2fetc"])
def test_no_link_no_recording(ready: Recording, token: str) -> None:
    assert Client().get(f"/r/{token}").status_code == 404
    assert AuditEntry.objects.filter(action="recording.listened").count() == 0


def test_a_link_ends(ready: Recording) -> None:
    url = recording_url(ready.call)
    RecordingLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert listen(url).status_code == 404


def test_a_switched_off_company_is_not_listened_to(ready: Recording) -> None:
    url = recording_url(ready.call)
    tenant = ready.call.tenant
    tenant.is_active = False
    tenant.save()

    assert listen(url).status_code == 404


def test_before_it_is_complete_and_after_it_is_gone(call: Call, root: Path) -> None:
    url = recording_url(call)
    early = listen(url)
    Recording.objects.update(state="final", size=5)
    gone = listen(url)

    assert (early.status_code, early["Retry-After"]) == (425, "3")
    assert gone.status_code == 410


def test_listening_is_audited_once_with_who_and_by_which_link(ready: Recording) -> None:
    person = make_user(username="anna")
    link = personal_link(ready, user=person, made_for="anna")
    url = f"https://hub.example.com/r/{link.token}"

    for wanted in ("bytes=0-99", "bytes=100-199"):
        body(listen(url, range=wanted))
    body(listen(recording_url(ready.call)))

    told = AuditEntry.objects.filter(action="recording.listened").order_by("id")
    assert [(one.actor, one.actor_kind, one.after["for"]) for one in told] == [
        ("anna", "person", "person"),
        ("a CRM", "key", "crm"),
    ]
    assert told[0].after["link"] == str(link.pk)
    assert link.token not in str(list(told.values()))


def test_many_listeners_at_once_leave_room_for_others(ready: Recording) -> None:
    url = recording_url(ready.call)
    open_ones = [listen(url) for _number in range(serving.MOST_STREAMS)]

    refused = listen(url)
    for one in open_ones:  # not `close()`, which would end the test's own connection to the database
        for let_go in one._resource_closers:
            let_go()

    assert (refused.status_code, refused["Retry-After"]) == (503, "3")
    answer = listen(url)
    assert body(answer) == SOUND
    assert serving._streams._value == serving.MOST_STREAMS


def test_a_symbolic_link_leads_nowhere(call: Call, root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.wav"
    secret.write_bytes(SOUND)
    path = left_by_exchange(root, call)
    path.unlink()
    path.symlink_to(secret)

    looked()
    assert recording_of(call).size is None

    path.unlink()
    folder = path.parent
    os.rmdir(folder)
    folder.symlink_to(tmp_path)
    (tmp_path / path.name).write_bytes(SOUND)
    looked(2)
    assert recording_of(call).size is None


@pytest.mark.parametrize("folder", ["/", "/etc", "relative", "{root}/../..", "{root}x"])
def test_a_folder_that_the_operator_did_not_allow(call: Call, root: Path, folder: str) -> None:
    RecordingStore.objects.update(root=folder.replace("{root}", str(root)))

    looked()

    assert recording_of(call).state == "expected"
    assert "RECORDING_ROOTS" in recording_of(call).reason


def test_a_copy_is_kept_and_served_when_the_exchange_is_gone(
    call: Call, root: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("telephony.recordings.checking.STEADY", timedelta(0))
    RecordingStore.objects.update(keeps_copy=True)
    path = left_by_exchange(root, call)
    looked(2)
    path.unlink()

    row = recording_of(call)
    assert copy_path(row).read_bytes() == SOUND
    assert copy_path(row).stat().st_mode & 0o777 == 0o600
    answer = listen(recording_url(call), range="bytes=10-19")
    assert body(answer) == SOUND[10:20]


def test_a_recording_is_forgotten_with_its_copy_and_links(call: Call, root: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("telephony.recordings.checking.STEADY", timedelta(0))
    RecordingStore.objects.update(keeps_copy=True, kept_days=30)
    left_by_exchange(root, call)
    looked(2)
    url, copied = recording_url(call), copy_path(recording_of(call))
    assert forget_old() == 0

    assert forget_old(timezone.now() + timedelta(days=31)) == 1

    row = recording_of(call)
    assert (row.state, row.path, row.copy) == ("expired", "", "")
    assert not copied.exists()
    assert listen(url).status_code == 404
    assert RecordingLink.objects.count() == 0

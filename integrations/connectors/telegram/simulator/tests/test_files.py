"""Files of the simulated Bot API: by address, by id, uploaded, as an album, and handed out again."""

import json

import pytest
import requests

from integrations.connectors.telegram.simulator import files as carrying
from integrations.connectors.telegram.simulator.tests.asking import ANN, ask, refusal, result

BYTES = bytes(range(256)) * 20 + b"\r\n--x\r\n"


def download(simulator, file_id):
    path = result(simulator, "getFile", file_id=file_id)["file_path"]
    return requests.get(f"{simulator.url}/file/bot{simulator.token}/{path}", timeout=5)


def test_an_uploaded_file_gets_an_id_by_which_it_is_sent_again_and_handed_out(simulator):
    answer = ask(simulator, "sendPhoto", files={"photo": ("a.png", BYTES)}, chat_id=ANN, caption="[1] look")
    sent = answer.json()["result"]
    file_id = sent["photo"][-1]["file_id"]

    assert sent["caption"] == "[1] look"
    assert download(simulator, file_id).content == BYTES
    again = result(simulator, "sendPhoto", chat_id=ANN, photo=file_id)
    assert again["photo"][-1]["file_id"] == file_id


def test_an_album_has_one_group_and_its_parts_are_found_by_name(simulator):
    media = [
        {"type": "photo", "media": "attach://one", "caption": "Both"},
        {"type": "video", "media": "https://e.org/b.mp4"},
    ]
    files = {"one": ("a.png", BYTES)}

    sent = ask(simulator, "sendMediaGroup", files=files, chat_id=ANN, media=json.dumps(media)).json()[
        "result"
    ]

    assert [one["caption"] for one in sent] == ["Both", ""]
    assert len({one["media_group_id"] for one in sent}) == 1
    assert download(simulator, sent[0]["photo"][0]["file_id"]).content == BYTES
    assert sent[1]["video"]["file_id"] == "https://e.org/b.mp4"


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ("x", "can't parse media"),
        ([{"type": "photo", "media": "a"}], "from 2 to 10"),
        ([{"type": "photo", "media": "a"}] * 11, "from 2 to 10"),
        ([{"type": "photo", "media": "a"}, {"type": "document", "media": "b"}], "can't be mixed"),
        ([{"type": "voice", "media": "a"}, {"type": "voice", "media": "b"}], "can't be mixed"),
        ([{"type": "photo", "media": "a"}, {"type": "photo", "media": "attach://gone"}], "no such part"),
        ([{"type": "photo", "media": "a"}, {"type": "photo", "media": "ftp://e.org/a"}], "wrong HTTP URL"),
        ([{"type": "photo", "media": "a", "caption": "x" * 1025}, {"type": "photo", "media": "b"}], "caption is too long"),
    ],
)  # fmt: skip
def test_an_album_is_sent_whole_or_not_at_all(simulator, media, words):
    status, description = refusal(simulator, "sendMediaGroup", chat_id=ANN, media=media)

    assert status == 400
    assert words in description
    assert simulator.heard(ANN) == []


def test_sizes_are_limited_and_empty_files_refused(simulator, monkeypatch):
    monkeypatch.setattr(carrying, "LARGEST_PHOTO", 100)
    monkeypatch.setattr(carrying, "LARGEST", 200)
    cases = {("photo", 101): 413, ("document", 101): 200, ("document", 201): 413, ("document", 0): 400}

    for (kind, size), status in cases.items():
        files = {kind: ("a", b"x" * size)}
        assert ask(simulator, f"send{kind.title()}", files=files, chat_id=ANN).status_code == status


def test_files_that_nobody_knows_are_not_handed_out(simulator):
    assert refusal(simulator, "getFile", file_id="nothing")[0] == 400
    url = f"{simulator.url}/file/bot{simulator.token}/photos/nothing.jpg"
    assert requests.get(url, timeout=5).status_code == 404
    simulator.world.files["known"] = b"x"
    wrong = f"{simulator.url}/file/bot1:{'x' * 30}/photos/known.jpg"
    assert requests.get(wrong, timeout=5).status_code == 401

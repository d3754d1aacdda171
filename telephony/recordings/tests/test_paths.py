"""What of an exchange's text may become a path."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.recordings.paths import UnsafePath, content_type, parts_of

MONITOR = "/var/spool/asterisk/monitor"


@pytest.mark.parametrize(
    ("path", "cut", "parts"),
    [
        (f"{MONITOR}/2026/11/21/in-1.wav", MONITOR, ("2026", "11", "21", "in-1.wav")),
        (f"{MONITOR}/in 1+2.wav", f"{MONITOR}/", ("in 1+2.wav",)),
        ("2026/11/in-1.wav", MONITOR, ("2026", "11", "in-1.wav")),
        ("/2026/in-1.wav", "", ("2026", "in-1.wav")),
        ("звонок.mp3", "", ("звонок.mp3",)),
    ],
)
def test_honest_paths(path: str, cut: str, parts: tuple[str, ...]) -> None:
    assert parts_of(path, cut) == parts


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "..", "../secrets.json", f"{MONITOR}/../../etc/passwd", f"{MONITOR}/2026/../../x", "/etc/passwd",
        f"{MONITOR}x/in.wav", f"{MONITOR}//in.wav", f"{MONITOR}/./in.wav", "a\\..\\b", "a\x00b", "a\nb", "~root/x",
        "x" * 501, "/".join(["a"] * 30), f"{MONITOR}/", MONITOR,
    ],
)  # fmt: skip
def test_everything_else_is_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        parts_of(path, MONITOR)


@given(st.text(alphabet="abc./\\~\x00\n 2-", max_size=40), st.sampled_from(["", MONITOR, "/"]))
def test_no_text_leads_out_of_the_root(text: str, cut: str) -> None:
    for path in (text, f"{MONITOR}/{text}"):
        try:
            parts = parts_of(path, cut)
        except UnsafePath:
            continue
        whole = posixpath.normpath(posixpath.join("/root", *parts))
        assert whole == "/root/" + "/".join(parts)


def test_no_type_that_a_browser_runs() -> None:
    assert content_type(("in.WAV",)) == "audio/wav"
    assert {content_type((name,)) for name in ("x.html", "x.svg", "x", "x.js", "wav")} == {
        "application/octet-stream"
    }

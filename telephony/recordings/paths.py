"""The exchange's own text about where a recording lies -> the parts of a path below a root, or nothing at all."""

from typing import Final

LONGEST: Final = 500
MOST_PARTS: Final = 20


class UnsafePath(ValueError):
    """A path that might lead out of the folder of recordings. It is not repaired: nobody honest writes one."""


def parts_of(path: str, cut: str = "") -> tuple[str, ...]:
    """`/var/spool/asterisk/monitor/2026/11/in-1.wav` without its beginning `cut` -> ("2026", "11", "in-1.wav").

    UnsafePath for everything else: an absolute path that does not begin so, "..", control characters, backslashes.
    """
    if (
        not path
        or len(path) > LONGEST
        or "\\" in path
        or any(ord(char) < 32 or ord(char) == 127 for char in path)
    ):
        raise UnsafePath
    rest = _without(path, cut)
    parts = tuple(rest.split("/"))
    if len(parts) > MOST_PARTS or any(part in ("", ".", "..") or part.startswith("~") for part in parts):
        raise UnsafePath
    return parts


def _without(path: str, cut: str) -> str:
    beginning = cut.rstrip("/") + "/" if cut.strip("/") else ""
    if beginning and path.startswith(beginning):
        return path[len(beginning) :]
    # A web server's path may begin with a slash; an absolute one of another folder may not be taken for a relative one.
    if path.startswith("/"):
        if beginning:
            raise UnsafePath
        return path[1:]
    return path


def extension_of(parts: tuple[str, ...]) -> str:
    """`wav`; empty when the name has none that is plain."""
    _name, dot, last = parts[-1].rpartition(".")
    return last.lower() if dot and last.isascii() and last.isalnum() and len(last) <= 5 else ""


CONTENT_TYPES: Final = {
    "wav": "audio/wav",
    "wav49": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "gsm": "audio/gsm",
    "webm": "audio/webm",
}


def content_type(parts: tuple[str, ...]) -> str:
    """Never one that a browser would run."""
    return CONTENT_TYPES.get(extension_of(parts), "application/octet-stream")

"""Captured calls shipped with the product: for the demo, for try-outs, and as the fold's oracle in tests."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).parent
# Quoted in JSON, after an equals sign in forms.
_IDS = re.compile(r"""(?:UniqueId|LinkedId)(?:"\s*:\s*"|=)([^"&\s]+)""")
TOKEN = "bed-tenant-0367"  # noqa: S105 of an invented exchange
"""The token in the captured bodies."""
_WALL = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Post:
    """One captured request. `offset` in seconds since the first one of the call."""

    offset: float
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: str


def names() -> list[str]:
    """The scenarios that are shipped."""
    return sorted(path.stem for path in HERE.glob("*.jsonl"))


def load(name_or_path: str) -> list[Post]:
    """The requests of a scenario by its name, or of any file in the same form. Raises OSError, ValueError."""
    path = HERE / f"{name_or_path}.jsonl" if name_or_path in names() else Path(name_or_path)
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [_post(line) for line in lines]


def _post(line: dict[str, object]) -> Post:
    match line:
        case {"offset": int() | float() as offset, "path": str(path), "body": str(body)}:
            headers = line.get("headers", [])
            pairs = headers if isinstance(headers, list) else []
            return Post(
                float(offset),
                str(line.get("method", "POST")),
                path,
                tuple((str(name), str(value)) for name, value in pairs),
                body,
            )
    raise ValueError(f"a line needs offset, path and body, not {sorted(line)}")


def channel_ids(posts: Sequence[Post]) -> set[str]:
    """Every channel name in the bodies, whatever their form."""
    return {found for post in posts for found in _IDS.findall(post.body)}


def renamed(posts: Sequence[Post], suffix: str) -> list[Post]:
    """The same call under other channel names: to the hub it is a new one."""
    ids = sorted(channel_ids(posts), key=len, reverse=True)
    if not ids:
        return list(posts)
    pattern = re.compile("|".join(re.escape(name) for name in ids))
    return [replace(post, body=pattern.sub(lambda match: match[0] + suffix, post.body)) for post in posts]


def with_token(posts: Sequence[Post], token: str) -> list[Post]:
    """The captured token replaced by another."""
    return [replace(post, body=post.body.replace(TOKEN, token)) for post in posts]


def at_time(posts: Sequence[Post], begin: datetime) -> list[Post]:
    """The exchange's wall-clock times moved so that the call begins then; `begin` is in the exchange's zone."""
    times = [datetime.fromisoformat(found) for post in posts for found in _WALL.findall(post.body)]
    if not times:
        return list(posts)
    shift = begin.replace(tzinfo=None, microsecond=0) - min(times)

    def moved(match: re.Match[str]) -> str:
        return (datetime.fromisoformat(match[0]) + shift).strftime("%Y-%m-%d %H:%M:%S")

    return [replace(post, body=_WALL.sub(moved, post.body)) for post in posts]

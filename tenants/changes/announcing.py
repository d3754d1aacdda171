"""The sending end, and the list of those who want to hear."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from django.db import connection

CHANNEL: Final = "switchboard_changes"
EVERYTHING: Final = ""
# The true condition is for SQLite's parser, which would take ON for the beginning of a join.
MARK: Final = """
    INSERT INTO tenants_changemark (topic, key, version)
    SELECT %s, %s, COALESCE(MAX(version), 0) + 1 FROM tenants_changemark WHERE true
    ON CONFLICT (topic, key) DO UPDATE SET version = excluded.version
"""

Heard = Callable[[str], None]
_subscribers: dict[str, list[Heard]] = defaultdict(list)


def subscribe(topic: str, heard: Heard) -> None:
    """Have `heard` called, on a thread of its own, with the key of what was changed; with "" when all may have been."""
    _subscribers[topic].append(heard)


def deliver(topic: str, key: str) -> None:
    """Tell those of this process."""
    for heard in _subscribers.get(topic, ()):
        heard(key)


def deliver_everything() -> None:
    """Something may have been said while nobody listened."""
    for topic in list(_subscribers):
        deliver(topic, EVERYTHING)


def announce(topic: str, key: object) -> None:
    """In the transaction of the change: nobody hears of one that is rolled back. One statement."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, json.dumps([topic, str(key)])])
        else:
            cursor.execute(MARK, [topic, str(key)])

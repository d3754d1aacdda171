"""The demo's part in running: whether it is wanted, which simulators it needs, what its visitors are told.

`manage.py demo` leaves a note in DATA_DIR: {"username": …, "password": …, "hints": [[label, text], …],
"simulators": {system: [argument, …]}}. While the note is there,
the simulated outside systems run with the installation, and outgoing requests may reach their ports.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings

from config.env import DATA_DIR, PORT, env

NOTE = DATA_DIR / "demo.json"
SIMULATORS = ("retailcrm", "receiver")  # on PORT + 1, PORT + 2
TRYOUTS = 16  # simulators of the catalogue, from PORT + 100


@dataclass(frozen=True, slots=True)
class Note:
    username: str
    password: str
    hints: tuple[tuple[str, str], ...]
    arguments: Mapping[str, Sequence[str]]


def is_enabled() -> bool:
    """On for the embedded mode, off where a database server shows that this is no try-out; DEMO overrides."""
    is_embedded: bool = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    is_on: bool = env.bool("DEMO", default=is_embedded)
    return is_on


def is_wanted() -> bool:
    return is_enabled() and not apps.get_model("tenants", "Tenant").objects.exists()


def note() -> Note | None:
    """What `manage.py demo` left behind, unless the demo was turned off since."""
    if not is_enabled() or not NOTE.exists():
        return None
    content = json.loads(NOTE.read_text())
    hints = tuple((label, text) for label, text in content.get("hints", ()))
    return Note(content["username"], content["password"], hints, content.get("simulators", {}))


def simulator_ports() -> dict[str, int]:
    return {system: PORT + 1 + number for number, system in enumerate(SIMULATORS)}


def tryout_ports() -> range:
    """Where the simulators listen that people ask for in the catalogue."""
    return range(PORT + 100, PORT + 100 + TRYOUTS)


def has_tryouts() -> bool:
    """Whether people may start simulators: with the demo, or where SIMULATORS says so."""
    is_on: bool = env.bool("SIMULATORS", default=note() is not None)
    return is_on


def environment() -> dict[str, str]:
    """What the processes are told beside the operator's environment."""
    told = {"SIMULATORS": "true"} if has_tryouts() else {}
    if note():
        return {**told, "EGRESS_ALLOW": egress_allowance()}
    return {**told, "EGRESS_ALLOW": _allowing(tryout_ports())} if told else {}


def egress_allowance() -> str:
    """EGRESS_ALLOW for the processes of a demo: the operator's, and exactly the simulators' addresses."""
    return _allowing([*simulator_ports().values(), *(tryout_ports() if has_tryouts() else ())])


def _allowing(ports: Iterable[int]) -> str:
    return ",".join([*settings.EGRESS_ALLOW, *(f"127.0.0.1/32:{port}" for port in ports)])

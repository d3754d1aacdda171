"""What `serve` prepared with Django at hand, for the lean process that it becomes."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Words:
    """What the lean process says, in the installation's language: without Django it could not translate."""

    greeting: str
    waiting: str  # with %(missing)s
    stopping: str
    stopped: str
    ended: str


@dataclass(frozen=True, slots=True)
class Plan:
    configuration: str  # supervisord's
    logs: dict[str, str]  # process -> log file
    host: str
    port: int
    public_host: str  # what a browser or proxy would ask for, so that ALLOWED_HOSTS lets us through
    words: Words
    lock: int  # an open file descriptor

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        found = json.loads(path.read_text())
        return cls(**{**found, "words": Words(**found["words"])})

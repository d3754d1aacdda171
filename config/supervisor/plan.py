"""What `serve` prepared with Django at hand, for the lean process that it becomes."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Plan:
    configuration: str  # supervisord's
    logs: dict[str, str]  # process -> log file
    host: str
    port: int
    public_host: str  # what a browser or proxy would ask for, so that ALLOWED_HOSTS lets us through
    greeting: str
    lock: int  # an open file descriptor

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Plan":
        return cls(**json.loads(path.read_text()))

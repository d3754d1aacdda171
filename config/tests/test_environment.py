"""Every name that the program reads from the environment is explained in .env.example, and nothing else is."""

import re
from collections.abc import Iterator

from config.env import BASE_DIR

ROOMS = ("config", "tenants", "webhooks", "exports", "integrations", "telephony")
READ = re.compile(r"""\benv\.\w+\(\s*"([A-Z][A-Z_]+)"|\bos\.environ(?:\.get\(|\[)"(LOG_LEVEL)\"""")
INTERNAL = {"NO_COLOR", "WAKE_WORKERS"}  # a convention of terminals; a switch for measurements


def names_read() -> Iterator[str]:
    for room in ROOMS:
        for path in (BASE_DIR / room).rglob("*.py"):
            if "tests" not in path.parts:
                for match in READ.finditer(path.read_text()):
                    yield match[1] or match[2]


def test_every_name_is_explained() -> None:
    explained = set(re.findall(r"^#?([A-Z][A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))

    assert explained == set(names_read()) - INTERNAL

"""What keeps an installation from starting is said in words that name what to do."""

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import OperationalError

from config.env import DATA_DIR
from config.supervisor.trouble import explained

SQLITE = "django.db.backends.sqlite3"


@pytest.mark.parametrize(
    ("engine", "error", "told"),
    [
        (SQLITE, OSError(28, "No space left on device"), f"{DATA_DIR}: No space left on device."),
        (SQLITE, OperationalError("database or disk is full"), f"{DATA_DIR}: database or disk is full."),
        (SQLITE, OperationalError("attempt to write a readonly database"), str(DATA_DIR)),
        ("tenants.postgresql", OperationalError("connection refused\n"), "connection refused"),
    ],
)
def test_it_is_told(monkeypatch: pytest.MonkeyPatch, engine: str, error: Exception, told: str) -> None:
    monkeypatch.setitem(settings.DATABASES, "default", settings.DATABASES["default"] | {"ENGINE": engine})

    with pytest.raises(CommandError) as raised, explained():
        raise error

    assert told in str(raised.value)
    assert ("DATA_DIR" in str(raised.value)) == (engine == SQLITE)

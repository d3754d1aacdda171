"""The first thing that a newcomer reads: where it is, how to log in, what to look at."""

from django.conf import settings

from config.env import BASE_DIR, DATA_DIR
from config.supervisor import demo


def text() -> str:
    address = settings.PUBLIC_URL
    pairs = _pairs(address)
    width = max(len(label) for label, _value in pairs)
    lines = [f"Switchboard is running at {address} (Ctrl-C stops it)"]
    lines += [f"  {label:<{width}}  {value}" for label, value in pairs]
    return "\n" + "\n".join(lines) + "\n"


def _pairs(address: str) -> list[tuple[str, str]]:
    note = demo.note()
    return [
        ("Admin", f"{address}/admin/"),
        (
            "Log in",
            f"{note.username}, password {note.password}" if note else f"{manage()} createsuperuser makes one",
        ),
        ("API", f"{address}/docs"),
        *(note.hints if note else ()),
        ("Data and logs", str(DATA_DIR)),
    ]


def manage() -> str:
    """How to call manage.py from wherever one is."""
    return f"{BASE_DIR / '.venv' / 'bin' / 'python'} {BASE_DIR / 'manage.py'}"

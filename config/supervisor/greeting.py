"""The first thing that a newcomer reads: where it is, how to log in, what to look at."""

from django.conf import settings
from django.utils.translation import gettext as _

from config.env import BASE_DIR, DATA_DIR
from config.supervisor import demo


def text() -> str:
    address = settings.PUBLIC_URL
    pairs = _pairs(address)
    width = max(len(label) for label, _value in pairs)
    lines = [_("Switchboard is running at %(address)s (Ctrl-C stops it)") % {"address": address}]
    lines += [f"  {label:<{width}}  {value}" for label, value in pairs]
    return "\n" + "\n".join(lines) + "\n"


def _pairs(address: str) -> list[tuple[str, str]]:
    note = demo.note()
    return [
        (_("Admin"), f"{address}/admin/"),
        (_("Log-in"), _login(note)),
        ("API", f"{address}/docs"),
        *(note.hints if note else ()),
        (_("Data and logs"), str(DATA_DIR)),
    ]


def _login(note: demo.Note | None) -> str:
    if note is None:
        return _("make one: %(command)s") % {"command": f"{manage()} createsuperuser"}
    return _("%(name)s, password %(password)s") % {"name": note.username, "password": note.password}


def manage() -> str:
    """How to call manage.py from wherever one is."""
    return f"{BASE_DIR / '.venv' / 'bin' / 'python'} {BASE_DIR / 'manage.py'}"

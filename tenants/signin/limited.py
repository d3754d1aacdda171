"""Sessions that reach some pages only: for people whom another system sent over."""

from datetime import timedelta
from typing import Final

from django.contrib.auth import login
from django.http import HttpRequest

from tenants.access import SESSION_KEY
from tenants.models import Member
from tenants.signin.sessions import note_client

LIMIT = "limited_to"
LASTS: Final = timedelta(minutes=30)
# What belongs to no page: to sign out, to choose the language.
ALSO_OPEN = frozenset({"admin:logout", "admin:jsi18n", "set_language"})


def begin_limited(request: HttpRequest, member: Member, home: str, below: str) -> None:
    """Sign the member in for the pages below that path only. Whoever was signed in here before is not any more.

    No second factor is asked: that is why such a session reaches nothing else, and ends soon.
    """
    request.session.flush()
    login(request, member.user, backend="tenants.signin.authentication.Backend")
    request.session[LIMIT] = {"home": home, "below": below}
    request.session[SESSION_KEY] = member.tenant_id
    request.session.set_expiry(LASTS)
    note_client(request, member.tenant_id)


def refusal_home(request: HttpRequest, name: str) -> str | None:
    """Where to send a limited session that is out of its pages; None where all is well."""
    session = getattr(request, "session", None)
    limit = session.get(LIMIT) if session is not None else None
    if limit is None or name in ALSO_OPEN or request.path_info.startswith(limit["below"]):
        return None
    return str(limit["home"])

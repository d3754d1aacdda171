"""Browsers in which a person has signed in before: a signed cookie, worth nothing by itself.

Source of the idea: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from tenants.models import User

SALT = "signin.device"
AGE = 180 * 24 * 3600
MOST = 5  # people who share one browser
ASKED = "_switchboard_remember_device"


def known_device(request: HttpRequest, user: User | None) -> str | None:
    """The device's id, if that person has signed in there."""
    return _read(request).get(str(user.pk)) if user is not None else None


def remember_device(request: HttpRequest, user: User) -> None:
    """Have `set_cookie` mark the answer to this request."""
    setattr(request, ASKED, user)


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    user = getattr(request, ASKED, None)
    if user is None:
        return
    known = _read(request)
    device = known.pop(str(user.pk), None) or secrets.token_urlsafe(12)
    kept = dict([*known.items(), (str(user.pk), device)][-MOST:])
    response.set_cookie(
        _name(),
        signing.dumps(kept, salt=SALT, compress=True),
        max_age=AGE,
        path="/admin/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return f"{settings.SESSION_COOKIE_NAME}_device"


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        found: dict[str, str] = signing.loads(request.COOKIES.get(_name(), ""), salt=SALT, max_age=AGE)
    except signing.BadSignature:
        return {}
    return found

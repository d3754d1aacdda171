"""People at the door: sign-ins, sign-outs, failures and new passwords, in the trail of every company they belong to.

Django's own signals tell of them, whichever form, provider or page was used.
"""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from tenants import audit
from tenants.access import memberships
from tenants.audit import Actor, acting
from tenants.models import User
from tenants.names import name_key
from tenants.scoping import all_tenants

STARTED, ENDED, REFUSED = "session.started", "session.ended", "session.refused"
SHOWN_OF_A_STRANGER = 2


@receiver(user_logged_in, dispatch_uid="audit-sign-in")
def signed_in(sender: Any, request: HttpRequest | None, user: User, **_more: Any) -> None:
    with acting(Actor.of_request(request, user.get_username())):
        _record(STARTED, user)


@receiver(user_logged_out, dispatch_uid="audit-sign-out")
def signed_out(sender: Any, request: HttpRequest | None, user: User | None, **_more: Any) -> None:
    if user is not None:  # else nobody was signed in
        with acting(Actor.of_request(request, user.get_username())):
            _record(ENDED, user)


@receiver(user_login_failed, dispatch_uid="audit-refusal")
def refused(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **_more: Any
) -> None:
    """Somebody unknown is told by the beginning of what they typed: it may have been a password."""
    typed = str(credentials.get("username") or credentials.get("email") or "")
    user = User.objects.filter(username_key=name_key(typed)).first() if typed else None
    with acting(Actor.of_request(request, user.get_username() if user else "anonymous")):
        if user is not None:
            _record(REFUSED, user)
        else:
            shown = f"{typed[:SHOWN_OF_A_STRANGER]}…" if len(typed) > SHOWN_OF_A_STRANGER else "…"
            audit.record(REFUSED, after={"typed": shown})


class PasswordsAudited:
    """A "validator" that accepts everything: Django tells validators of every password that was set, by whatever way."""

    def validate(self, password: str, user: User | None = None) -> None:
        return

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None:
            _record("user.password_set", user)

    def get_help_text(self) -> str:
        return ""


def _record(action: str, user: User) -> None:
    """In each company's trail; in the installation's for people who belong to none, such as operators."""
    with all_tenants():
        owners: list[int | None] = [member.tenant_id for member in memberships(user)]
        for owner in owners or [None]:
            audit.record(action, user, tenant=owner)

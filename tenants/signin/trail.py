"""What happens at the door, in the audit trail of every company that the person belongs to.

Signing in, out and wrong passwords are recorded where Django says them; this file has what only the door knows.
"""

from typing import Any

from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.dispatch import receiver
from django.http import HttpRequest

from tenants import audit
from tenants.access import memberships
from tenants.models import User
from tenants.signin.models import Failures
from tenants.signin.sessions import end_sessions


def record(user: User, action: str, **after: Any) -> None:
    """One entry for each company of the person; one of the installation for operators and for people without any."""
    companies: list[int | None] = [member.tenant_id for member in memberships(user)]
    for tenant_id in companies or [None]:
        audit.record(action, user, tenant=tenant_id, after=after)


def locked(row: Failures) -> None:
    details = {"way": row.way, "failures": row.count, "until": row.locked_until}
    if row.user is not None:
        with audit.acting(audit.Actor(row.user.get_username(), "person", audit.current_actor().address)):
            record(row.user, "signin.locked", **details)
    elif row.way == "address":
        audit.record("signin.locked", after={**details, "from": row.address})


@receiver(mfa.authenticator_added)
def _added(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    record(user, "two_factor.added", kind=authenticator.type, name=str(authenticator))
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # A session that somebody opened with the password alone must not outlive its protection.
        end_sessions(user, keep=request)


@receiver(mfa.authenticator_removed)
def _removed(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    record(user, "two_factor.removed", kind=authenticator.type, name=str(authenticator))


@receiver(mfa.authenticator_reset)
def _reset(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    record(user, "two_factor.reset", kind=authenticator.type)


@receiver(mfa.authenticator_used)
def _used(request: HttpRequest, user: User, authenticator: Authenticator, **_rest: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record(user, "two_factor.recovery_code_used", signed_in=USER_KEY in request.session)


@receiver(mfa.authentication_failed)
def _failed(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    with audit.acting(audit.Actor(user.get_username(), "person", audit.current_actor().address)):
        record(user, "two_factor.failed", kind=authenticator.type)

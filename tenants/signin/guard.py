"""What stands between a signed-in person and the rest: a session that is over, a wrong address, a missing second factor."""

from enum import Enum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.addresses import is_within
from tenants.models import Tenant, User
from tenants.signin.models import SignInRules
from tenants.signin.sessions import has_second_factor, idle_limit, is_over, touch


class Obstacle(Enum):
    ADDRESS = "address_not_allowed"
    TWO_FACTOR = "two_factor_required"

    @property
    def text(self) -> str:
        if self is Obstacle.ADDRESS:
            return _("This company lets its people in from certain addresses only.")
        return _("A second factor is required here. Set it up in the admin.")


def rules_of(tenant: Tenant | None) -> SignInRules | None:
    """No query where the tenant came from `memberships()`."""
    return getattr(tenant, "sign_in_rules", None)


def keep_session(request: HttpRequest, tenant: Tenant | None) -> bool:
    """Whether the session goes on; otherwise it is gone and the request is nobody's."""
    row = getattr(request.session, "row", None)
    if row is None:
        return True
    now = timezone.now()
    rules = rules_of(tenant) if not request.user.is_superuser else None
    if is_over(row, idle_limit(rules.idle_minutes if rules else None), now):
        request.session.flush()
        request.user = AnonymousUser()
        return False
    touch(row, tenant.pk if tenant else None, now)
    return True


def obstacle(request: HttpRequest) -> Obstacle | None:
    """Why this person may do nothing yet. No query: the session's row told it."""
    user = request.user
    if not isinstance(user, User):
        return None
    rules = None if user.is_superuser else rules_of(getattr(request, "tenant", None))
    if rules and rules.networks and not is_within(request.META.get("REMOTE_ADDR"), rules.networks):
        return Obstacle.ADDRESS
    if requires_two_factor(user, rules) and not has_second_factor(request.session, user):
        return Obstacle.TWO_FACTOR
    return None


def requires_two_factor(user: User, rules: SignInRules | None) -> bool:
    if user.is_superuser:
        return bool(settings.OPERATORS_NEED_TWO_FACTOR)
    return rules is not None and rules.requires_two_factor

"""Who may come in at all, whichever way they show who they are; and help for those who lost their second factor."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tenants.access import memberships
from tenants.models import User
from tenants.signin import trail
from tenants.signin.sessions import end_sessions


def check_admitted(user: User) -> None:
    """ValidationError unless the person is live and an operator or a member of some company."""
    if not user.is_active or not (user.is_superuser or memberships(user)):
        raise ValidationError(_("This account belongs to no company."), code="no_membership")


@transaction.atomic
def forget_second_factors(user: User) -> None:
    """The password alone lets in again. Everybody who is in as that person is out."""
    removed = Authenticator.objects.filter(user=user)
    kinds = sorted(removed.values_list("type", flat=True))
    removed.delete()
    trail.record(user, "two_factor.forgotten", kinds=kinds, ended_sessions=end_sessions(user))

"""Who may come in at all, whichever way they show who they are; and help for those who lost their second factor."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from tenants.access import memberships
from tenants.errors import ConfigError
from tenants.models import Member, Role, User
from tenants.scoping import all_tenants
from tenants.signin import trail
from tenants.signin.letters import owe_letter
from tenants.signin.models import LetterKind
from tenants.signin.sessions import end_sessions


def is_admitted(user: User) -> bool:
    """Whether the person is live, and an operator or a member of some company."""
    return user.is_active and (user.is_superuser or bool(memberships(user)))


def check_admitted(user: User) -> None:
    """ValidationError unless the person may come in."""
    if not is_admitted(user):
        raise ValidationError(_("This account belongs to no company."), code="no_membership")


def why_factors_stay(member: Member, by: Member | None) -> str:
    """Why that person may not remove the member's second factor; empty where they may. `by` is None for operators.

    A second factor is the person's, not the company's: removed for one company, it would be gone for all of them.
    """
    if by is None:
        return ""
    if member.user_id == by.user_id:
        return _("Your own second factor is under Security, where your password is asked first.")
    if by.role != Role.OWNER:
        return _("Only owners remove a second factor.")
    if member.user.is_superuser or works_elsewhere(member):
        return _(
            "This person also works outside of this company, and the second factor guards that, too: only the operator can"
            " remove it."
        )
    return ""


def works_elsewhere(member: Member) -> bool:
    """Whether the person has a membership in another company, be it switched off: it can be switched on again."""
    with all_tenants():
        return Member.objects.filter(user=member.user_id).exclude(tenant_id=member.tenant_id).exists()


@transaction.atomic
def reset_second_factors(member: Member, *, by: Member | None) -> bool:
    """The password alone lets in again. Whether the person is told by mail; ConfigError says why not at all."""
    # The lock keeps the person from joining another company meanwhile.
    User.objects.select_for_update().get(pk=member.user_id)
    reason = why_factors_stay(member, by)
    if reason:
        raise ConfigError(reason)
    return forget_second_factors(member.user, by=str(by.user) if by else "")


@transaction.atomic
def forget_second_factors(user: User, *, by: str = "") -> bool:
    """For an operator, or for whoever `reset_second_factors` lets. Everybody who is in as that person is out."""
    removed = Authenticator.objects.filter(user=user)
    kinds = sorted(removed.values_list("type", flat=True))
    removed.delete()
    trail.record(user, "two_factor.forgotten", kinds=kinds, ended_sessions=end_sessions(user))
    return owe_letter(user, LetterKind.SECOND_FACTOR_REMOVED, {"by": by}) is not None

"""Invite somebody to a company, and let them in."""

import secrets

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from tenants import audit
from tenants.errors import ConfigError
from tenants.mail import NotMailed, send_mail
from tenants.members import RANK, check_may_give
from tenants.models import Invitation, Member, User
from tenants.models.api_key import digest
from tenants.scoping import all_tenants, tenant_scope


@transaction.atomic
def invite_member(invitation: Invitation, *, by: Member | None) -> str:
    """The link, shown this once. `by` is None for the operator's staff."""
    check_may_give(by, invitation.role)
    token = secrets.token_urlsafe(32)
    invitation.digest, invitation.invited_by = digest(token), by
    invitation.save()
    audit.record("member.invited", invitation, after=_told(invitation))
    return settings.PUBLIC_URL.rstrip("/") + reverse("invitation", args=[token])


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Whether it was handed to the mail server. The link exists in plain only now, so there is no second try."""
    company = invitation.tenant
    with override(company.language):
        subject = _("Invitation to %(company)s") % {"company": company.name}
        text = _(
            "You are invited to work in %(company)s with Switchboard. The link works once, until %(until)s:\n\n%(link)s"
        ) % {
            "company": company.name,
            "until": timezone.localtime(invitation.expires_at, company.zone).strftime("%d.%m.%Y %H:%M"),
            "link": link,
        }
    try:
        send_mail(invitation.email, subject, text)
    except NotMailed as error:
        audit.record("invitation.not_mailed", invitation, after={"reason": str(error)})
        return False
    return True


def find_invitation(token: str) -> Invitation | None:
    """The open invitation of that link, unless whoever made it has lost the right to."""
    with all_tenants():  # the link alone says of which company it is
        found = (
            Invitation.objects.filter(digest=digest(token), tenant__is_active=True)
            .select_related("tenant", "invited_by__user", "extension")
            .first()
        )
    if found is None or not found.is_open or not _still_holds(found):
        return None
    return found


def _still_holds(invitation: Invitation) -> bool:
    giver = invitation.invited_by
    if giver is None:
        return True
    is_live = giver.is_active and giver.user.is_active
    return is_live and RANK[giver.role] >= max(RANK[invitation.role], RANK["admin"])


@transaction.atomic
def accept_invitation(invitation: Invitation, user: User) -> Member:
    """The membership; ConfigError when the link was used meanwhile, or the person works there already."""
    now = timezone.now()
    with tenant_scope(invitation.tenant_id):
        still_open = Invitation.objects.filter(pk=invitation.pk, accepted_at__isnull=True, expires_at__gt=now)
        if not still_open.update(accepted_at=now, accepted_by=user):
            raise ConfigError(_("This invitation was used already."))
        member = Member.objects.filter(user=user).first()
        if member is not None and member.is_active:
            raise ConfigError(_("You work in this company already."))
        member = member or Member(tenant_id=invitation.tenant_id, user=user)
        member.role, member.extension, member.is_active = invitation.role, invitation.extension, True
        member.save()
        with audit.acting(audit.Actor(user.get_username(), "person", audit.current_actor().address)):
            audit.record("member.joined", member, after=audit.snapshot(member))
    return member


def _told(invitation: Invitation) -> dict[str, object]:
    return {"email": invitation.email, "role": invitation.role, "until": invitation.expires_at}

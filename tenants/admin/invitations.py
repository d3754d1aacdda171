"""Who was asked to work in a company."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.access import ADMINISTRATORS
from tenants.actions.invite_member import invite_member, mail_invitation
from tenants.admin.badges import badge
from tenants.admin.giving import GivesRoles, giver
from tenants.errors import ConfigError
from tenants.mail import can_mail
from tenants.models import Invitation
from tenants.scoping import current_tenant_id


@admin.register(Invitation)
class InvitationPage(GivesRoles):
    """Deleting one revokes its link."""

    menu_icon = "mail"
    menu_place = 522
    empty_hint = _("Invite somebody by e-mail, or hand them a link that works once.")
    view_roles = ADMINISTRATORS
    withheld = ("change",)
    list_display = ("created_at", "email", "role", "extension", "invited_by", "expires_at", "state")
    list_display_links = ("created_at", "email")
    list_select_related = ("extension", "invited_by__user", "accepted_by")
    fields = ("email", "role", "extension")

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> SafeString:
        if invitation.accepted_at is not None:
            return badge(gettext("accepted: %(name)s") % {"name": invitation.accepted_by or "—"}, "good")
        return badge(_("open"), "warn") if invitation.is_open else badge(_("expired"), "quiet")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.tenant_id = obj.tenant_id or current_tenant_id()
        try:
            obj.shown_link = invite_member(obj, by=giver(request))
        except ConfigError as error:
            raise PermissionDenied(str(error)) from error

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The mail server is asked after the commit: nobody gets the link of an invitation that was rolled back."""
        response = super().add_view(request, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "link" in context:
            invitation = context["invitation"]
            can_be_mailed = bool(invitation.email) and can_mail()
            context["is_mailed"] = can_be_mailed and mail_invitation(invitation, context["link"])
        return response

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Not a redirect: the link must not lie in a cookie or a session."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Invitation"),
            "invitation": obj,
            "link": obj.shown_link,
            "next": reverse("admin:tenants_invitation_changelist"),
        }
        return TemplateResponse(
            request, "admin/tenants/invited.html", context, headers={"Cache-Control": "no-store"}
        )

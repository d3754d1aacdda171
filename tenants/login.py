"""Signing in to the admin: for operators and for everyone with a live membership, whatever Django's staff flag says."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from tenants.access import memberships
from tenants.models import User


class MemberLoginForm(AuthenticationForm):
    def confirm_login_allowed(self, user: User) -> None:
        if not user.is_active or not (user.is_superuser or memberships(user)):
            raise ValidationError(_("This account belongs to no company."), code="no_membership")

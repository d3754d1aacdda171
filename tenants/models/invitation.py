"""An invitation to a company: a link that works once, for a while."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel
from tenants.models.tenant import Extension, Member, Role, User

VALID_FOR: Final = timedelta(days=7)


def _week_from_now() -> datetime:
    return timezone.now() + VALID_FOR


class Invitation(TenantModel):
    """Stored as a digest of 256 random bits. It dies with the rights of whoever made it; None made it as an operator."""

    email = models.EmailField(_("e-mail"), blank=True, help_text=_("Empty: hand the link over yourself."))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    extension = models.ForeignKey(
        Extension,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("extension"),
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        Member,
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("invited by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valid until"), default=_week_from_now, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("accepted by"),
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.email or '—'} ({self.get_role_display()})"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.expires_at > timezone.now()

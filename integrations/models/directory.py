"""The outside system's users, and whose number is which."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import TenantModel


class OutsideUser(TenantModel):
    """A user as the last load saw them; a failed load leaves the rows alone."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="users", db_index=False
    )
    outside_id = models.CharField(_("their id"), max_length=100)
    name = models.CharField(_("name"), max_length=300, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    extension = models.CharField(_("extension there"), max_length=40, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("outside user")
        verbose_name_plural = _("outside users")
        ordering = ["name", "outside_id"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "outside_id"], name="outside_user_id"),
        ]

    def __str__(self) -> str:
        return self.name or self.outside_id


class ExtensionAssignment(TenantModel):
    """One number belongs to one manager, one manager has one number; rows with an end are history."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    outside_user_id = models.CharField(_("their id"), max_length=100)
    extension = models.CharField(_("extension"), max_length=10)
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("extension assignment")
        verbose_name_plural = _("extension assignments")
        ordering = ["extension", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "extension"],
                condition=Q(valid_to__isnull=True),
                name="assignment_one_manager",
            ),
            models.UniqueConstraint(
                fields=["integration", "outside_user_id"],
                condition=Q(valid_to__isnull=True),
                name="assignment_one_number",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="assignment_order",
            ),
        ]
        indexes = [models.Index(fields=["integration", "-id"], name="assignment_history")]

    def __str__(self) -> str:
        return f"{self.extension}: {self.outside_user_id}"

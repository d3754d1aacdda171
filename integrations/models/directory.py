"""The outside system's users, whose number is which, what differs there, and who is at their desk."""

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


class DifferenceKind(models.TextChoices):
    """What their table of extensions says otherwise."""

    MISSING = "missing", _("has no extension there")
    OTHER = "other", _("has another extension there")
    STRANGER = "stranger", _("has an extension there only")


class DifferenceOutcome(models.TextChoices):
    """How it was settled."""

    OPEN = "", _("open")
    OVERWRITTEN = "overwritten", _("ours was sent")
    TAKEN = "taken", _("theirs was taken")
    GONE = "gone", _("gone by itself")


class DirectoryDifference(TenantModel):
    """One user whose number is another one there than here; kept as history once it is settled."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="differences", db_index=False
    )
    outside_user_id = models.CharField(_("their id"), max_length=100)
    kind = models.CharField(_("difference"), max_length=10, choices=DifferenceKind.choices)
    ours = models.CharField(_("extension here"), max_length=40, blank=True)
    theirs = models.CharField(_("extension there"), max_length=40, blank=True)
    found_at = models.DateTimeField(_("found"))
    settled_at = models.DateTimeField(_("settled"), null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=DifferenceOutcome.choices, blank=True)

    class Meta:
        verbose_name = _("difference of extensions")
        verbose_name_plural = _("differences of extensions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "outside_user_id"],
                condition=Q(settled_at__isnull=True),
                name="difference_open",
            ),
        ]
        indexes = [models.Index(fields=["integration", "-id"], name="difference_recent")]

    def __str__(self) -> str:
        return f"{self.outside_user_id}: {self.ours or '—'} / {self.theirs or '—'}"


class Presence(models.TextChoices):
    """Whether somebody takes calls, in words that no one system owns."""

    AVAILABLE = "available", _("available")
    BUSY = "busy", _("busy")
    AWAY = "away", _("away")


class AgentStatus(TenantModel):
    """What the outside system says of a user now; `word` is its own word for it."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="agent_statuses", db_index=False
    )
    outside_user_id = models.CharField(_("their id"), max_length=100)
    presence = models.CharField(_("status"), max_length=10, choices=Presence.choices)
    word = models.CharField(_("their word"), max_length=40, blank=True)
    changed_at = models.DateTimeField(_("since"))
    told_at = models.DateTimeField(_("last told"))

    class Meta:
        verbose_name = _("user status")
        verbose_name_plural = _("user statuses")
        constraints = [
            models.UniqueConstraint(fields=["integration", "outside_user_id"], name="agent_status_user"),
        ]

    def __str__(self) -> str:
        return f"{self.outside_user_id}: {self.presence}"

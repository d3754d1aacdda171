"""What we named and the outside system did not know, until it is mended."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import TenantModel


class ProblemKind(models.TextChoices):
    """The same words as `integrations.capabilities.MappingKind`, with labels."""

    EXTENSION = "extension", _("unknown extension")
    USER = "user", _("unknown user")
    SITE = "site", _("unknown shop")


class MappingProblem(TenantModel):
    """Open while `resolved_at` is empty; counted instead of repeated."""

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="problems", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ProblemKind.choices)
    value = models.CharField(_("value"), max_length=100)
    times = models.PositiveIntegerField(_("times"), default=1)
    last_seen_at = models.DateTimeField(_("last seen"))
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        verbose_name = _("mapping problem")
        verbose_name_plural = _("mapping problems")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "kind", "value"],
                condition=Q(resolved_at__isnull=True),
                name="problem_open",
            ),
        ]
        indexes = [models.Index(fields=["integration", "-id"], name="problem_recent")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"

"""Field mappings, every version kept."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from integrations.records import RecordKind
from tenants.models import TenantModel


class MappingVersion(TenantModel):
    """The rules for one kind of records of one integration, as they were from this version to the next.

    `rules` are rows as `integrations.mapping.rules.to_json` writes them. Exactly one version is in force.
    """

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="mappings", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=20, choices=[(one.value, one.label) for one in RecordKind])
    number = models.PositiveIntegerField(_("version"))
    rules = models.JSONField(_("rules"), default=list)
    note = models.CharField(_("note"), max_length=200, blank=True)
    author = models.CharField(_("author"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in force"), default=False)

    class Meta:
        verbose_name = _("field mapping")
        verbose_name_plural = _("field mappings")
        ordering = ["integration_id", "kind", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "kind", "number"], name="mapping_number"),
            models.UniqueConstraint(
                fields=["integration", "kind"], condition=Q(is_active=True), name="mapping_in_force"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.number}"

    @property
    def restores(self) -> str:
        """What the button that brings this version back sends."""
        return f"restore:{self.number}"

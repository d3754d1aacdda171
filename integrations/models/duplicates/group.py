"""Records that have a number or an address in common."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.records.links import KINDS
from tenants.models import TenantModel


class Sameness(models.TextChoices):
    """What all records of a group have in common."""

    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")
    BOTH = "both", _("phone and e-mail")


class DuplicateGroup(TenantModel):
    """At least two records of one kind that may be one; found by a search through the index of contact points.

    `key` is the digest of its members' ids: the same records are one group, whatever they have in common. `reasons` are
    pairs of type and value. `dismissed_at`: somebody said that they are not the same; other members are another group.
    """

    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    key = models.CharField(max_length=32, editable=False)
    sameness = models.CharField(_("in common"), max_length=5, choices=Sameness.choices)
    reasons = models.JSONField(_("in common"), default=list)
    size = models.PositiveSmallIntegerField(_("records"))
    seen_at = models.DateTimeField(_("last found"), default=timezone.now)
    dismissed_at = models.DateTimeField(_("dismissed"), null=True)
    dismissed_by = models.CharField(_("dismissed by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("group of duplicates")
        verbose_name_plural = _("duplicates")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "kind", "key"], name="duplicate_group_once")]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="duplicate_group_newest"),
            models.Index(fields=["tenant", "kind", "sameness", "-id"], name="duplicate_group_alike"),
            models.Index(fields=["tenant", "seen_at"], name="duplicate_group_seen"),
        ]

    def __str__(self) -> str:
        return ", ".join(str(value) for _type, value in self.reasons[:3])


class DuplicateMember(TenantModel):
    """One record of a group."""

    group = models.ForeignKey(DuplicateGroup, on_delete=models.CASCADE, related_name="members")
    record_id = models.UUIDField()

    class Meta:
        verbose_name = _("member of a group of duplicates")
        verbose_name_plural = _("members of groups of duplicates")
        indexes = [models.Index(fields=["record_id"], name="duplicate_member_record")]

    def __str__(self) -> str:
        return str(self.record_id)

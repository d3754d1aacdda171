"""What leads from outside ids, telephone numbers and addresses to records, and from record to record."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from integrations.records import RecordKind
from tenants.models import TenantModel

KINDS = [(one.value, one.label) for one in RecordKind]
# Of what is referred to; an order's or a deal's client among them.
ROLES = [(kind.value, kind.label) for kind in RecordKind]


class LinkStatus(models.TextChoices):
    """How an outside object and our record stand."""

    ACTIVE = "active", _("in step")
    DELETED = "deleted", _("deleted there")
    CONFLICT = "conflict", _("waits for a decision")
    FAILED = "failed", _("could not be written there")


class Link(TenantModel):
    """One outside object <-> one record of ours.

    `their_hash` covers the whole object as they last showed it. `theirs` has a digest of each of its fields, `ours`
    those digests of our record, as of the last time both were in step, that differ from theirs: with both of them it
    can be told which side changed which field. `is_written`: we wrote last, and have not seen the outcome yet.
    Where records were merged, `parts` is what this object itself has of lists that were joined (numbers, addresses,
    references), and `is_moved` says that another object of the same system is the one that our changes are written to.
    """

    integration = models.ForeignKey(
        Integration, on_delete=models.CASCADE, related_name="links", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=KINDS)
    outside_id = models.CharField(_("their id"), max_length=200)
    record_id = models.UUIDField(_("record"))
    their_hash = models.CharField(max_length=32, blank=True)
    theirs = models.JSONField(default=dict)
    ours = models.JSONField(default=dict)
    is_written = models.BooleanField(default=False)
    parts = models.JSONField(null=True)
    is_moved = models.BooleanField(default=False)
    status = models.CharField(
        _("status"), max_length=8, choices=LinkStatus.choices, default=LinkStatus.ACTIVE
    )
    error = models.TextField(_("error"), blank=True)
    seen_run = models.UUIDField(null=True)
    synced_at = models.DateTimeField(_("last in step"), default=timezone.now)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(fields=["integration", "kind", "outside_id"], name="link_outside_id")
        ]
        indexes = [models.Index(fields=["record_id"], name="link_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.outside_id}"


class Reference(TenantModel):
    """A record names another object of the same system; `target_id` is its record, once that is known.

    `name` is the field that names it (`contact_ids`), `place` its position there.
    """

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=KINDS)
    record_id = models.UUIDField()
    name = models.CharField(max_length=40)
    role = models.CharField(max_length=12, choices=ROLES)
    outside_id = models.CharField(max_length=200)
    place = models.PositiveIntegerField(default=0)
    target_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        constraints = [
            models.UniqueConstraint(
                fields=["record_id", "integration", "name", "outside_id"], name="reference_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["target_id", "kind"], name="reference_target", condition=Q(target_id__isnull=False)
            ),
            models.Index(
                fields=["integration", "role", "outside_id"],
                name="reference_waiting",
                condition=Q(target_id__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.outside_id}"


class PointType(models.TextChoices):
    """What somebody is reached by."""

    PHONE = "phone", _("phone")
    EMAIL = "email", _("e-mail")


class ContactPoint(TenantModel):
    """A telephone number (E.164) or an e-mail address (lower case) of a contact or a company: for look-ups."""

    kind = models.CharField(max_length=12, choices=KINDS)
    record_id = models.UUIDField()
    type = models.CharField(max_length=5, choices=PointType.choices)
    value = models.CharField(max_length=320)

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        constraints = [models.UniqueConstraint(fields=["record_id", "type", "value"], name="point_once")]
        # It holds all that looking up a caller and looking for duplicates read.
        indexes = [models.Index(fields=["tenant", "type", "value", "kind", "record_id"], name="point_holder")]

    def __str__(self) -> str:
        return self.value

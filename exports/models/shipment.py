"""One finished file on its way to one destination."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exports.models.destination import ExportDestination
from exports.models.export import Export
from tenants.models.base import TenantModel


class ShipmentState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


ON_THE_WAY = (ShipmentState.WAITING, ShipmentState.RUNNING)


class ExportShipment(TenantModel):
    """Made with its export, sent once the file is there. It keeps its name, so that every attempt writes the same file.

    `destination` is None when that was removed; `destination_name` stays for the history.
    """

    export = models.ForeignKey(
        Export,
        on_delete=models.CASCADE,
        related_name="shipments",
        verbose_name=_("export"),
        db_index=False,
    )
    destination = models.ForeignKey(
        ExportDestination,
        on_delete=models.SET_NULL,
        null=True,
        related_name="shipments",
        verbose_name=_("destination"),
        db_index=False,
    )
    destination_name = models.CharField(_("destination"), max_length=100)
    file_name = models.CharField(_("file name"), max_length=300)
    state = models.CharField(
        _("state"), max_length=10, choices=ShipmentState.choices, default=ShipmentState.WAITING
    )
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"), null=True)
    # Of several addresses those that have it although the attempt failed.
    reached = models.JSONField(default=list, editable=False)
    receipt = models.TextField(_("receipt"), blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("delivery of an export")
        verbose_name_plural = _("deliveries of exports")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="export_shipment_list"),
            models.Index(fields=["destination", "-id"], name="export_shipment_recent"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["export", "destination"], name="export_shipment_once"),
            models.CheckConstraint(condition=Q(state__in=ShipmentState.values), name="export_shipment_state"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} → {self.destination_name}"

    @property
    def is_on_the_way(self) -> bool:
        return self.state in ON_THE_WAY

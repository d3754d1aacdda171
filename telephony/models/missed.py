"""Clients who called in vain and whom nobody has reached since."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from telephony.models.call import Call
from tenants.models import TenantModel


class Clearing(models.TextChoices):
    """How it came to an end."""

    CALLED_AGAIN = "in", _("they called again and were answered")
    CALLED_BACK = "out", _("they were called back")
    BY_HAND = "hand", _("marked as done")


class MissedClient(TenantModel):
    """One client's missed calls from the first to the talk that made up for them.

    A client has one such row that is open at most; those with an end are history. `tries` counts our calls back that did
    not reach them.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("company"),
        db_index=False,
    )
    client_number = models.CharField(_("client"), max_length=20)
    client_name = models.CharField(_("caller's name"), max_length=80, blank=True)
    line = models.CharField(_("our line"), max_length=100, blank=True)
    extension = models.CharField(_("who should call back"), max_length=10, blank=True)
    count = models.PositiveIntegerField(_("missed calls"), default=1)
    first_missed_at = models.DateTimeField(_("first missed"))
    last_missed_at = models.DateTimeField(_("last missed"))
    last_call = models.ForeignKey(
        Call, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("last missed call")
    )
    tries = models.PositiveIntegerField(_("tries to call back"), default=0)
    tried_at = models.DateTimeField(_("last try"), null=True)
    cleared_at = models.DateTimeField(_("reached"), null=True)
    clearing = models.CharField(_("how"), max_length=4, choices=Clearing.choices, blank=True)
    cleared_by = models.ForeignKey(
        Call, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("reached in the call")
    )

    class Meta:
        verbose_name = _("client not called back")
        verbose_name_plural = _("not called back")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "client_number"],
                condition=models.Q(cleared_at__isnull=True),
                name="missed_client_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="missed_client_recent"),
            models.Index(
                fields=["tenant", "-id"],
                name="missed_client_open",
                condition=models.Q(cleared_at__isnull=True),
            ),
            models.Index(fields=["tenant", "client_number", "-id"], name="missed_client_number"),
        ]

    def __str__(self) -> str:
        return self.client_number

    @property
    def is_open(self) -> bool:
        """Nobody has reached them yet."""
        return self.cleared_at is None

"""Endpoints that have taken nothing for long."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.scoping import TenantManager
from webhooks.models.endpoint import Endpoint


class EndpointTrouble(models.Model):
    """Exists while an endpoint's owner has been warned. `warnings` says how many times so far."""

    endpoint = models.OneToOneField(
        Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="trouble"
    )
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    since = models.DateTimeField(_("failing since"))
    reason = models.CharField(_("reason"), max_length=40)
    warnings = models.PositiveSmallIntegerField(default=1)
    warned_at = models.DateTimeField()

    objects = TenantManager["EndpointTrouble"]()

    class Meta:
        verbose_name = _("endpoint in trouble")
        verbose_name_plural = _("endpoints in trouble")

    def __str__(self) -> str:
        return f"{self.endpoint_id} since {self.since:%Y-%m-%d %H:%M}"

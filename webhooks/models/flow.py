"""What all workers share of one endpoint while they send to it. Endpoints without limits and trouble have none of it."""

from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.scoping import TenantManager
from webhooks.models.endpoint import Endpoint
from webhooks.reasons import explained

WIDEST: Final = 64
"""Requests at a time from which on an endpoint that recovers counts as well again."""


class Breaker(models.TextChoices):
    CLOSED = "closed", _("answers")
    OPEN = "open", _("left alone")
    RECOVERING = "recovering", _("recovering")


UNTROUBLED: Final[dict[str, Any]] = {
    "breaker": Breaker.CLOSED,
    "reason": "",
    "opened_at": None,
    "probe_at": None,
    "openings": 0,
    "width": 0,
    "passed": 0,
}
"""The breaker's fields of an endpoint that answers."""


class EndpointFlow(models.Model):
    """Written by every worker, so apart from the endpoint's settings. Moments are those of the database.

    `next_slot` is a Unix time (webhooks/flow/pace.py). `shares` says how many requests each worker has under way, and until
    when that holds if the worker is never heard of again: {worker: [count, Unix time]}.
    """

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="flow")
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    last_seq = models.BigIntegerField(default=0)
    next_slot = models.FloatField(default=0)
    shares = models.JSONField(default=dict)
    breaker = models.CharField(
        _("circuit breaker"), max_length=10, choices=Breaker.choices, default=Breaker.CLOSED
    )
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    opened_at = models.DateTimeField(_("since"), null=True)
    probe_at = models.DateTimeField(_("next probe"), null=True)
    openings = models.PositiveSmallIntegerField(default=0)
    # While it recovers: how many requests this step may have in all, and how many of them were answered.
    width = models.PositiveSmallIntegerField(default=0)
    passed = models.PositiveSmallIntegerField(default=0)

    objects = TenantManager["EndpointFlow"]()

    class Meta:
        verbose_name = _("flow")
        verbose_name_plural = _("flows")

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.breaker}"

    @classmethod
    def leave_trouble_behind(cls, endpoint_id: UUID) -> None:
        """As if it had always answered; its pace and its order go on."""
        cls._base_manager.filter(pk=endpoint_id).update(**UNTROUBLED)

    @property
    def reason_text(self) -> str:
        """Why it is left alone, in words."""
        return explained(self.reason).what if self.reason else ""

    @property
    def is_well(self) -> bool:
        return self.breaker == Breaker.CLOSED

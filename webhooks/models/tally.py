"""How deliveries to each endpoint went, counted by the hour: statistics cost the same however many there were."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import UUID7Field
from tenants.scoping import TenantManager
from webhooks.models.endpoint import Endpoint

# Upper bounds in milliseconds of the classes in which durations are counted; what took longer is in one more.
BOUNDS: Final = (
    5,
    10,
    20,
    35,
    50,
    75,
    100,
    150,
    200,
    300,
    500,
    750,
    1000,
    1500,
    2000,
    3000,
    5000,
    10_000,
    30_000,
)
# Workers that count at the same moment write to different rows, so that none waits for another's commit.
SHARDS: Final = 4


class TryOutcome(models.TextChoices):
    """What a try led to."""

    DELIVERED = "delivered", _("delivered")
    RETRIED = "retried", _("tried again later")
    GIVEN_UP = "given_up", _("given up")


class EndpointTally(models.Model):
    """So many tries of one hour with one outcome. `duration` is the index of its class in BOUNDS, for answered ones."""

    id = UUID7Field()
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    hour = models.DateTimeField()
    shard = models.PositiveSmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=TryOutcome.choices)
    reason = models.CharField(max_length=40, blank=True)
    duration = models.PositiveSmallIntegerField(default=0)
    count = models.PositiveBigIntegerField(default=0)

    objects = TenantManager["EndpointTally"]()

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "hour", "shard", "outcome", "reason", "duration"], name="endpoint_tally"
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "hour"], name="endpoint_tally_tenant"),
            models.Index(fields=["hour"], name="endpoint_tally_hour"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.hour:%Y-%m-%d %H}: {self.outcome} {self.count}"

"""An integration that is connected to a simulator of its own."""

from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.models.integration import Integration
from tenants.models import TenantModel

HOST: Final = "127.0.0.1"


class TryoutState(models.TextChoices):
    """What became of the simulator."""

    WANTED = "wanted", _("starting")
    RUNNING = "running", _("running")
    FAILED = "failed", _("failed")


class Tryout(TenantModel):
    """A request for a simulator on `port`: the process of the simulators keeps it running while this row is there."""

    integration = models.OneToOneField(
        Integration, on_delete=models.CASCADE, related_name="tryout", verbose_name=_("integration")
    )
    port = models.PositiveIntegerField(_("port"), unique=True)
    state = models.CharField(
        _("state"), max_length=8, choices=TryoutState.choices, default=TryoutState.WANTED, editable=False
    )
    error = models.TextField(_("why it failed"), blank=True, editable=False)
    changed_at = models.DateTimeField(_("state since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")

    def __str__(self) -> str:
        return f"{self.integration_id} on {self.port}"

    @property
    def url(self) -> str:
        """Where its page is, for a browser on the same machine."""
        return f"http://{HOST}:{self.port}/"

"""A tenant's configured connection to one outside system."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.connectors import get as get_connector
from tenants.fields import EncryptedJSONField
from tenants.models import TenantModel


class Health(models.TextChoices):
    """How the connection does, seen from real traffic."""

    UNKNOWN = "unknown", _("not tried yet")
    OK = "ok", _("working")
    DEGRADED = "degraded", _("unsteady")
    FAILING = "failing", _("failing")
    MISCONFIGURED = "misconfigured", _("needs attention")


class Integration(TenantModel):
    """Settings, credentials and health of one connection.

    `client_digest` is the SHA-256 of the random client id that we gave to the outside system: it names us in its
    requests, and has to be found without opening every row. `version` grows with every change of what a session works with, so that processes notice. `directory_wanted` grows
    with every change of the assignments; the table was pushed when `directory_pushed` has caught up.
    """

    connector = models.CharField(_("system"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    own_secrets = EncryptedJSONField(_("keys made by us"), default=dict, blank=True)
    client_digest = models.CharField(  # noqa: DJ001 unique, and many have none
        max_length=64, null=True, unique=True, editable=False
    )
    source = models.OneToOneField(
        "webhooks.Source",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="integration",
        verbose_name=_("source"),
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    health = models.CharField(
        _("health"), max_length=14, choices=Health.choices, default=Health.UNKNOWN, editable=False
    )
    health_code = models.CharField(max_length=40, blank=True, editable=False)
    health_reason = models.TextField(_("reason"), blank=True, editable=False)
    health_since = models.DateTimeField(_("since"), null=True, editable=False)
    failures_in_row = models.PositiveIntegerField(default=0, editable=False)
    successes_in_row = models.PositiveIntegerField(default=0, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_failure_at = models.DateTimeField(_("last failure"), null=True, editable=False)

    is_registered = models.BooleanField(_("module registered"), default=False, editable=False)
    directory_wanted = models.PositiveIntegerField(default=0, editable=False)
    directory_pushed = models.PositiveIntegerField(default=0, editable=False)
    directory_pushed_at = models.DateTimeField(_("extensions pushed"), null=True, editable=False)
    directory_error = models.TextField(_("why the extensions were not pushed"), blank=True, editable=False)
    users_loaded_at = models.DateTimeField(_("users loaded"), null=True, editable=False)

    class Meta:
        verbose_name = _("integration")
        verbose_name_plural = _("integrations")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="integration_name"),
            models.CheckConstraint(
                condition=models.Q(directory_pushed__lte=models.F("directory_wanted")),
                name="integration_pushed_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def system(self) -> str:
        """The outside system's name for people."""
        return get_connector(self.connector).manifest.name

    @property
    def is_directory_behind(self) -> bool:
        """Whether assignments were saved that the outside system has not got yet."""
        return self.directory_pushed < self.directory_wanted

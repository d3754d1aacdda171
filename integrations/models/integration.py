"""A tenant's configured connection to one outside system."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.connectors import connector_of
from tenants.fields import EncryptedJSONField
from tenants.models import TenantModel

EXPIRING: Final = timedelta(days=14)  # people are told a week before: see actions/alert_members.py
FIRST_CHECK: Final = timedelta(minutes=15)


class Health(models.TextChoices):
    """How the connection does, seen from real traffic."""

    UNKNOWN = "unknown", _("not tried yet")
    OK = "ok", _("working")
    DEGRADED = "degraded", _("unsteady")
    FAILING = "failing", _("failing")
    MISCONFIGURED = "misconfigured", _("needs attention")


WELL = frozenset({Health.OK, Health.UNKNOWN, Health.DEGRADED})


def first_check() -> datetime:
    """A new integration is tried by the person who makes it; the installation looks after it later."""
    return timezone.now() + FIRST_CHECK


class Integration(TenantModel):
    """Settings, credentials and health of one connection.

    `credentials_expire_at` is set by whoever knows it: the settings (`Manifest.expires_setting`) or a grant of OAuth2.
    `alert_state` is the health that members were told of last. `hooks_wanted` means that we subscribed our source at
    the outside system and see to it that it stays so.

    `client_digest` is the SHA-256 of the random client id that we gave to the outside system: it names us in its
    requests, and has to be found without opening every row. The former one is good for a while after it was renewed.
    `module_active`, `module_frozen` and `module_address` are what the outside system said last of our module and of its own
    address; `is_stopped_there` means that it was paused by that, and goes on by that. `directory_taken` is the table that
    the outside system took last, to tell what somebody changed there. `version` grows with every change of what a session works with, so that processes notice. `directory_wanted` grows
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
    former_client_digest = models.CharField(  # noqa: DJ001 unique, and most have none
        max_length=64, null=True, unique=True, editable=False
    )
    former_client_until = models.DateTimeField(null=True, editable=False)
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

    paused_at = models.DateTimeField(_("paused"), null=True, editable=False)
    paused_reason = models.CharField(_("why it was paused"), max_length=300, blank=True, editable=False)
    credentials_expire_at = models.DateTimeField(_("credentials expire"), null=True, editable=False)
    expiry_told_of = models.DateTimeField(null=True, editable=False)
    next_check_at = models.DateTimeField(_("next check"), default=first_check, editable=False)

    alert_state = models.CharField(max_length=14, blank=True, editable=False)
    alerted_at = models.DateTimeField(_("members told"), null=True, editable=False)
    changes_since_alert = models.PositiveIntegerField(default=0, editable=False)

    hooks_wanted = models.BooleanField(_("subscribed"), default=False, editable=False)
    hooks_since = models.DateTimeField(_("waiting for requests since"), null=True, editable=False)
    hooks_checked_at = models.DateTimeField(_("subscription checked"), null=True, editable=False)
    hooks_problem = models.TextField(_("what is wrong with the subscription"), blank=True, editable=False)

    is_registered = models.BooleanField(_("module registered"), default=False, editable=False)
    directory_wanted = models.PositiveIntegerField(default=0, editable=False)
    directory_pushed = models.PositiveIntegerField(default=0, editable=False)
    directory_pushed_at = models.DateTimeField(_("extensions pushed"), null=True, editable=False)
    directory_error = models.TextField(_("why the extensions were not pushed"), blank=True, editable=False)
    directory_taken = models.JSONField(default=list, editable=False)
    directory_checked_at = models.DateTimeField(_("extensions compared"), null=True, editable=False)
    directory_check_error = models.TextField(
        _("why the extensions were not compared"), blank=True, editable=False
    )
    module_active = models.BooleanField(_("switched on there"), null=True, editable=False)
    module_frozen = models.BooleanField(_("frozen there"), default=False, editable=False)
    module_told_at = models.DateTimeField(_("told of the module"), null=True, editable=False)
    module_address = models.CharField(
        _("address that it says it has"), max_length=300, blank=True, editable=False
    )
    is_stopped_there = models.BooleanField(_("paused by the outside system"), default=False, editable=False)
    users_loaded_at = models.DateTimeField(_("users loaded"), null=True, editable=False)

    class Meta:
        verbose_name = _("integration")
        verbose_name_plural = _("integrations")
        ordering = ["name", "id"]
        indexes = [
            models.Index(
                fields=["next_check_at"], name="integration_due", condition=models.Q(is_enabled=True)
            ),
        ]
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
        return connector_of(self.connector).manifest.name

    @property
    def standing(self) -> str:
        """The health as people see it: also `paused`, and `expiring` where it works but not for long."""
        if not self.is_enabled:
            return "paused"
        return "expiring" if self.is_expiring and self.health in WELL else self.health

    @property
    def is_expiring(self) -> bool:
        """Whether the credentials end soon, or have ended."""
        ends = self.credentials_expire_at
        return ends is not None and ends - timezone.now() < EXPIRING

    @property
    def is_directory_behind(self) -> bool:
        """Whether assignments were saved that the outside system has not got yet."""
        return self.directory_pushed < self.directory_wanted

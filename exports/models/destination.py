"""Where finished exports are carried: a place outside, what it needs, and how it has been lately."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedJSONField
from tenants.models.base import TenantModel

DEFAULT_FILE_NAME = "{dataset}-{date}-{time}"
LONGEST_FILE_NAME = 120


class DestinationKind(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SFTP = "sftp", _("SFTP")
    S3 = "s3", _("S3-compatible storage")
    WEBDAV = "webdav", _("WebDAV (Nextcloud, ownCloud)")
    HTTP = "http", _("HTTP upload")


class ExportDestination(TenantModel):
    """`settings` and `credentials` are as the kind's own form says (exports/destinations); credentials never come out."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=DestinationKind.choices)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    credentials = EncryptedJSONField(_("credentials"), default=dict, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    file_name = models.CharField(
        _("file name"),
        max_length=LONGEST_FILE_NAME,
        default=DEFAULT_FILE_NAME,
        help_text=_(
            "May have {dataset}, {company}, {date}, {time} and {id} in it, such as calls-{date}.csv."
        ),
    )
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_failure_at = models.DateTimeField(_("last failure"), null=True, editable=False)
    last_failure_reason = models.TextField(_("why it failed last"), blank=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("destination of exports")
        verbose_name_plural = _("destinations of exports")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="export_destination_name"),
            models.CheckConstraint(
                condition=Q(kind__in=DestinationKind.values), name="export_destination_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_failing(self) -> bool:
        """Whether it failed last."""
        failed, succeeded = self.last_failure_at, self.last_success_at
        return failed is not None and (succeeded is None or succeeded < failed)

"""A URL that records for an hour what a sender sends, so that its way of signing can be found out."""

from datetime import datetime, timedelta
from typing import Final

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedBytesField, EncryptedJSONField, EncryptedTextField
from tenants.models import TenantModel
from webhooks.models.source import PATH, Source, new_public_id

CAPTURE: Final = "capture"
LIFE: Final = timedelta(hours=1)
MOST_CAPTURED: Final = 50
LARGEST_CAPTURED: Final = 256 * 1024


def end_of_capture() -> datetime:
    return timezone.now() + LIFE


class Capture(TenantModel):
    """When a source is made of it, the source takes over its URL: nothing has to be changed at the sender."""

    name = models.CharField(_("name"), max_length=100)
    public_id = models.CharField(
        _("identifier in the URL"), max_length=64, unique=True, default=new_public_id, editable=False
    )
    expires_at = models.DateTimeField(_("records until"), default=end_of_capture, editable=False)
    requests = models.PositiveIntegerField(_("requests"), default=0, editable=False)
    secret = EncryptedTextField(
        _("secret"), null=True, editable=False
    )  # what was tried last, until a source has it
    source = models.OneToOneField(
        Source,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="capture",
        verbose_name=_("source"),
    )

    class Meta:
        verbose_name = _("capture of requests")
        verbose_name_plural = _("captures of requests")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return f"{PATH}{CAPTURE}/{self.public_id}"

    @property
    def has_source(self) -> bool:
        return bool(self.source_id)

    @property
    def is_recording(self) -> bool:
        return not self.has_source and self.expires_at > timezone.now() and self.requests < MOST_CAPTURED


class CapturedRequest(TenantModel):
    """One request as it came, unproved. All of it is sealed: nobody knows yet what of it is a secret."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="+", db_index=False)
    capture = models.ForeignKey(
        Capture, on_delete=models.CASCADE, related_name="captured", verbose_name=_("capture")
    )
    method = models.CharField(_("method"), max_length=10)
    address = models.CharField(_("sender's address"), max_length=45, blank=True)
    query = EncryptedTextField(_("parameters of the URL"), blank=True, default="")
    headers = EncryptedJSONField(_("headers"), default=dict)
    body = EncryptedBytesField(_("body"))

    class Meta:
        verbose_name = _("captured request")
        verbose_name_plural = _("captured requests")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.pk)

"""Mails that this room owes to somebody: reports, and warnings about endpoints."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel


class Letter(TenantModel):
    """One mail to one address, written when it was owed. `about` is the report's run or the endpoint."""

    about = models.UUIDField()
    address = models.EmailField(_("e-mail"))
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    failure = models.CharField(_("failure"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-id"]
        indexes = [models.Index(fields=["about"], name="letter_about")]

    def __str__(self) -> str:
        return self.subject

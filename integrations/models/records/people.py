"""Contacts and companies."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.records.base import StoredRecord
from integrations.records import RecordKind


class ReachableRecord(StoredRecord):
    """Somebody with telephone numbers and addresses; `merged_into` names the record that this one became a part of."""

    merged_into = models.UUIDField(_("merged into"), null=True, blank=True, editable=False)

    class Meta(StoredRecord.Meta):
        abstract = True


class Contact(ReachableRecord):
    """A person outside."""

    kind = RecordKind.CONTACT
    title_field: ClassVar[str] = "name"

    name = models.TextField(_("name"), blank=True)
    first_name = models.TextField(_("first name"), blank=True)
    last_name = models.TextField(_("last name"), blank=True)
    middle_name = models.TextField(_("middle name"), blank=True)
    phones = models.JSONField(_("phones"), default=list, blank=True)
    emails = models.JSONField(_("e-mails"), default=list, blank=True)
    responsible_id = models.CharField(_("responsible user there"), max_length=200, blank=True)
    position = models.TextField(_("position"), blank=True)
    address = models.TextField(_("address"), blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(ReachableRecord.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")


class Company(ReachableRecord):
    """A firm."""

    kind = RecordKind.COMPANY
    title_field: ClassVar[str] = "name"

    name = models.TextField(_("name"), blank=True)
    phones = models.JSONField(_("phones"), default=list, blank=True)
    emails = models.JSONField(_("e-mails"), default=list, blank=True)
    website = models.TextField(_("website"), blank=True)
    tax_number = models.CharField(_("tax number"), max_length=200, blank=True)
    responsible_id = models.CharField(_("responsible user there"), max_length=200, blank=True)
    address = models.TextField(_("address"), blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(ReachableRecord.Meta):
        verbose_name = _("client company")
        verbose_name_plural = _("client companies")

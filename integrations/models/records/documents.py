"""Invoices, payments and documents."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.records.base import StoredRecord, amount
from integrations.records import InvoiceStatus, PaymentStatus, RecordKind


class Invoice(StoredRecord):
    """A demand for payment."""

    kind = RecordKind.INVOICE
    title_field: ClassVar[str] = "number"

    number = models.CharField(_("number"), max_length=200, blank=True)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=[(one.value, one.label) for one in InvoiceStatus],
        default=InvoiceStatus.UNKNOWN.value,
    )
    original_status = models.CharField(_("status there"), max_length=200, blank=True)
    total = amount(_("total"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    issued_at = models.DateTimeField(_("issued"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")


class Payment(StoredRecord):
    """Money that moved, or was to move. `refunded` is in the same currency."""

    kind = RecordKind.PAYMENT
    title_field: ClassVar[str] = "payer"

    status = models.CharField(
        _("status"),
        max_length=12,
        choices=[(one.value, one.label) for one in PaymentStatus],
        default=PaymentStatus.UNKNOWN.value,
    )
    original_status = models.CharField(_("status there"), max_length=200, blank=True)
    total = amount(_("total"))
    refunded = amount(_("refunded"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    method = models.TextField(_("method"), blank=True)
    payer = models.TextField(_("payer"), blank=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")


class Document(StoredRecord):
    """A file or a page with its card. `size` is in bytes."""

    kind = RecordKind.DOCUMENT
    title_field: ClassVar[str] = "title"

    title = models.TextField(_("title"), blank=True)
    number = models.CharField(_("number"), max_length=200, blank=True)
    type = models.TextField(_("type"), blank=True)
    original_status = models.CharField(_("status there"), max_length=200, blank=True)
    author = models.TextField(_("author"), blank=True)
    media_type = models.CharField(_("media type"), max_length=200, blank=True)
    size = models.BigIntegerField(_("size"), null=True, blank=True)
    text = models.TextField(_("text"), blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")

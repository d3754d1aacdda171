"""Invoices, payments and documents."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.records.base import Money, Record
from integrations.records.kinds import RecordKind


class InvoiceStatus(StrEnum):
    """What became of an invoice."""

    DRAFT = "draft"
    ISSUED = "issued"
    PAID = "paid"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Promise:
        return _INVOICES[self]


_INVOICES: dict[InvoiceStatus, Promise] = {
    InvoiceStatus.DRAFT: _("draft"),
    InvoiceStatus.ISSUED: _("issued"),
    InvoiceStatus.PAID: _("paid"),
    InvoiceStatus.OVERDUE: _("overdue"),
    InvoiceStatus.CANCELLED: _("cancelled"),
    InvoiceStatus.UNKNOWN: _("unknown"),
}


class PaymentStatus(StrEnum):
    """What became of a payment."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Promise:
        return _PAYMENTS[self]


_PAYMENTS: dict[PaymentStatus, Promise] = {
    PaymentStatus.PENDING: _("pending"),
    PaymentStatus.AUTHORISED: _("authorised"),
    PaymentStatus.SUCCEEDED: _("succeeded"),
    PaymentStatus.CANCELLED: _("cancelled"),
    PaymentStatus.REFUNDED: _("refunded"),
    PaymentStatus.FAILED: _("failed"),
    PaymentStatus.UNKNOWN: _("unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Record):
    """A demand for payment."""

    kind: ClassVar[RecordKind] = RecordKind.INVOICE

    number: str = ""
    status: InvoiceStatus = InvoiceStatus.UNKNOWN
    original_status: str = ""
    total: Money | None = None
    contact_ids: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    order_id: str = ""
    deal_id: str = ""
    issued_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Record):
    """Money that moved, or was to move."""

    kind: ClassVar[RecordKind] = RecordKind.PAYMENT

    status: PaymentStatus = PaymentStatus.UNKNOWN
    original_status: str = ""
    total: Money | None = None
    refunded: Money | None = None
    method: str = ""
    order_id: str = ""
    invoice_id: str = ""
    payer: str = ""
    paid_at: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Record):
    """A file or a page with its card. `size` is in bytes, `media_type` an IANA one."""

    kind: ClassVar[RecordKind] = RecordKind.DOCUMENT

    title: str = ""
    number: str = ""
    type: str = ""
    original_status: str = ""
    author: str = ""
    media_type: str = ""
    size: int | None = None
    text: str = ""

"""Deals (leads among them) and orders."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.records.base import Money, Record
from integrations.records.kinds import RecordKind


class DealPhase(StrEnum):
    """What a stage of any pipeline means."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"

    @property
    def label(self) -> Promise:
        return _PHASES[self]


_PHASES: dict[DealPhase, Promise] = {
    DealPhase.OPEN: _("open"),
    DealPhase.WON: _("won"),
    DealPhase.LOST: _("lost"),
}


class OrderStatus(StrEnum):
    """Where an order is, in words that fit every shop."""

    NEW = "new"
    CONFIRMED = "confirmed"
    ASSEMBLING = "assembling"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    UNKNOWN = "unknown"

    @property
    def label(self) -> Promise:
        return _STATUSES[self]


_STATUSES: dict[OrderStatus, Promise] = {
    OrderStatus.NEW: _("new"),
    OrderStatus.CONFIRMED: _("confirmed"),
    OrderStatus.ASSEMBLING: _("being assembled"),
    OrderStatus.SHIPPED: _("on its way"),
    OrderStatus.DELIVERED: _("delivered"),
    OrderStatus.CANCELLED: _("cancelled"),
    OrderStatus.RETURNED: _("returned"),
    OrderStatus.UNKNOWN: _("unknown"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal(Record):
    """A chance to sell. A system's leads are deals too (`is_lead`); `stage` is its code there, `stage_title` its name."""

    kind: ClassVar[RecordKind] = RecordKind.DEAL

    title: str = ""
    is_lead: bool = False
    total: Money | None = None
    pipeline: str = ""
    stage: str = ""
    stage_title: str = ""
    phase: DealPhase = DealPhase.OPEN
    contact_ids: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    responsible_id: str = ""
    source: str = ""
    loss_reason: str = ""
    closed_at: datetime | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One position of an order. `price` is for one piece, after the discount; `total` for all of them."""

    name: str
    quantity: Decimal
    outside_id: str = ""
    sku: str = ""
    product_id: str = ""
    price: Decimal | None = None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """What was bought. All amounts are in the currency of `total`. `original_status` is the code in that system."""

    kind: ClassVar[RecordKind] = RecordKind.ORDER

    number: str = ""
    status: OrderStatus = OrderStatus.UNKNOWN
    original_status: str = ""
    total: Money | None = None
    delivery_cost: Decimal | None = None
    is_paid: bool | None = None
    lines: tuple[OrderLine, ...] = ()
    contact_ids: tuple[str, ...] = ()
    company_ids: tuple[str, ...] = ()
    responsible_id: str = ""
    buyer: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    delivery: str = ""
    placed_at: datetime | None = None
    ship_by: datetime | None = None
    cancel_reason: str = ""
    comment: str = ""

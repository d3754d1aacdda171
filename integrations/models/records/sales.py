"""Deals, orders and their lines."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.records.base import StoredRecord, amount
from integrations.records import DealPhase, OrderStatus, RecordKind
from tenants.models import TenantModel


class Deal(StoredRecord):
    """A chance to sell; leads are deals too."""

    kind = RecordKind.DEAL
    title_field: ClassVar[str] = "title"

    title = models.TextField(_("title"), blank=True)
    is_lead = models.BooleanField(_("lead"), default=False)
    total = amount(_("total"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    pipeline = models.TextField(_("pipeline"), blank=True)
    stage = models.CharField(_("stage code"), max_length=200, blank=True)
    stage_title = models.TextField(_("stage"), blank=True)
    phase = models.CharField(
        _("phase"),
        max_length=10,
        choices=[(one.value, one.label) for one in DealPhase],
        default=DealPhase.OPEN.value,
    )
    responsible_id = models.CharField(_("responsible user there"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)
    loss_reason = models.TextField(_("reason of the loss"), blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        indexes = [
            *StoredRecord.Meta.indexes,
            models.Index(fields=["tenant", "phase", "-id"], name="%(class)s_phase"),
        ]


class Order(StoredRecord):
    """What was bought."""

    kind = RecordKind.ORDER
    title_field: ClassVar[str] = "number"

    number = models.CharField(_("number"), max_length=200, blank=True)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=[(one.value, one.label) for one in OrderStatus],
        default=OrderStatus.UNKNOWN.value,
    )
    original_status = models.CharField(_("status there"), max_length=200, blank=True)
    total = amount(_("total"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    delivery_cost = amount(_("cost of delivery"))
    is_paid = models.BooleanField(_("paid"), null=True, blank=True)
    responsible_id = models.CharField(_("responsible user there"), max_length=200, blank=True)
    buyer = models.TextField(_("buyer"), blank=True)
    phone = models.CharField(_("phone"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    address = models.TextField(_("address"), blank=True)
    delivery = models.TextField(_("delivery"), blank=True)
    placed_at = models.DateTimeField(_("placed"), null=True, blank=True)
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    cancel_reason = models.TextField(_("reason of the cancellation"), blank=True)
    comment = models.TextField(_("comment"), blank=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        indexes = [
            *StoredRecord.Meta.indexes,
            models.Index(fields=["tenant", "status", "-id"], name="%(class)s_status"),
        ]


class OrderLine(TenantModel):
    """One position of an order, in its order's currency. `price` is for one piece, `total` for all of them."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    place = models.PositiveIntegerField(_("position"))
    outside_id = models.CharField(_("their id"), max_length=200, blank=True)
    name = models.TextField(_("name"), blank=True)
    sku = models.CharField(_("article number"), max_length=200, blank=True)
    product_id = models.CharField(_("product there"), max_length=200, blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=4, default=0)
    price = amount(_("price"))
    total = amount(_("total"))

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["order", "place"]
        constraints = [models.UniqueConstraint(fields=["order", "place"], name="order_line_place")]
        indexes = [models.Index(fields=["tenant", "-id"], name="order_line_newest")]

    def __str__(self) -> str:
        return self.name

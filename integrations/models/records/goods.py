"""Products, and how many of them there are."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.records.base import StoredRecord, amount
from integrations.records import RecordKind


class Product(StoredRecord):
    """What is sold."""

    kind = RecordKind.PRODUCT
    title_field: ClassVar[str] = "name"

    name = models.TextField(_("name"), blank=True)
    sku = models.CharField(_("article number"), max_length=200, blank=True)
    barcodes = models.JSONField(_("bar codes"), default=list, blank=True)
    price = amount(_("price"))
    old_price = amount(_("former price"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    category = models.TextField(_("category"), blank=True)
    description = models.TextField(_("description"), blank=True)
    image_urls = models.JSONField(_("pictures"), default=list, blank=True)
    is_active = models.BooleanField(_("on sale"), default=True)

    class Meta(StoredRecord.Meta):
        verbose_name = _("product")
        verbose_name_plural = _("products")
        indexes = [*StoredRecord.Meta.indexes, models.Index(fields=["tenant", "sku"], name="%(class)s_sku")]


class StockLevel(StoredRecord):
    """How many pieces of one product lie in one warehouse."""

    kind = RecordKind.STOCK
    title_field: ClassVar[str] = "sku"

    sku = models.CharField(_("article number"), max_length=200, blank=True)
    warehouse_id = models.CharField(_("warehouse there"), max_length=200, blank=True)
    warehouse = models.TextField(_("warehouse"), blank=True)
    quantity = models.DecimalField(_("quantity"), max_digits=20, decimal_places=4, default=0)
    reserved = models.DecimalField(_("reserved"), max_digits=20, decimal_places=4, default=0)

    class Meta(StoredRecord.Meta):
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        indexes = [*StoredRecord.Meta.indexes, models.Index(fields=["tenant", "sku"], name="%(class)s_sku")]

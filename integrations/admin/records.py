"""Our copies of outside objects, for looking: lists with a search by what people know, and pages with what hangs on them."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from exports.admin.import_button import ImportButtonMixin
from integrations import models
from integrations.admin.deleting import Deleting
from integrations.models.records import StoredRecord
from integrations.records import DealPhase, OrderStatus, RecordKind
from integrations.store.cleaning import plain_number
from integrations.store.reads import found_by_text, surroundings, titles
from integrations.store.shapes import CURRENCY, shape_of
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin
from tenants.models import Tenant
from tenants.scoping import current_tenant_id


class DeletedFilter(admin.SimpleListFilter):
    """Records are kept when they are gone there."""

    title = _("deleted")
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("not deleted")), ("1", _("deleted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is not None:
            return queryset.filter(deleted_at__isnull=self.value() == "0")
        # What became a part of another one is shown by that one.
        is_reachable = issubclass(queryset.model, models.ReachableRecord)
        return queryset.filter(merged_into__isnull=True) if is_reachable else queryset


class RecordAdmin(Deleting, LogAdmin):
    """One kind. `columns` are shown in its list between its title and the time."""

    view_roles = write_roles = MANAGERS
    buttons: ClassVar[Mapping[str, str]] = Deleting.buttons
    append_only = False
    withheld: ClassVar[Collection[str]] = ("add", "change")
    columns: ClassVar[tuple[str, ...]] = ()
    search_fields = ("search_key",)
    search_help_text = _("Beginning of the name or number, telephone, e-mail, or the id there")
    empty_hint = _("Records appear here when a synchronisation has read them.")
    list_filter: ClassVar[Any] = (DeletedFilter,)
    change_form_outer_before_template = "admin/sync/record.html"

    class Media:
        css = {"all": ("exports/exports.css",)}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.list_display = ("called", *cls.columns, "changed")
        cls.list_display_links = ("called",)
        # A button of a mixin's own, such as Export, is in the way of those that are inherited.
        cls.buttons = {**Deleting.buttons, **cls.buttons}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        shape = shape_of(self.model.kind)
        own = tuple(name for name in shape.columns if name != "custom")
        times = ("outside_created_at", "outside_updated_at", "created_at", "updated_at", "deleted_at")
        return ((None, {"fields": own}), (_("Further"), {"fields": ("custom", "url", *times)}))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By index, never through the whole table."""
        known = Tenant.objects.filter(pk=current_tenant_id() or 0).values_list("phone_region", flat=True)
        return found_by_text(queryset, self.model.kind, search_term, known.first() or ""), False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        if obj is not None:
            around = surroundings([obj])
            named = around.references.get(obj.pk, [])
            known = titles(named)
            context["links"] = around.links.get(obj.pk, [])
            context["restore_url"] = self.restore_url(request, obj)
            context["references"] = [
                {
                    "label": RecordKind(one.role).label,
                    "title": known.get(one.target_id) if one.target_id else "",
                    "outside_id": one.outside_id,
                    "id": one.target_id if one.target_id in known else None,
                    "address": address_of(one.role),
                }
                for one in named
            ]
            context["lines"] = list(obj.lines.all()) if shape_of(self.model.kind).has_lines else []
            context["currency"] = getattr(obj, CURRENCY, "")
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @display(description=_("name"))
    def called(self, row: StoredRecord) -> str:
        shown = Truncator(str(row)).chars(81)
        return format_html("{} {}", shown, badge(_("deleted"))) if row.deleted_at else shown

    @display(description=_("changed"))
    def changed(self, row: StoredRecord) -> str:
        return date_format(timezone.localtime(row.updated_at), "SHORT_DATETIME_FORMAT")

    @display(description=_("phones"))
    def phones_shown(self, row: Any) -> str:
        return ", ".join(row.phones[:2]) or "—"

    @display(description=_("e-mails"))
    def emails_shown(self, row: Any) -> str:
        return ", ".join(row.emails[:2]) or "—"

    @display(description=_("amount"))
    def amount(self, row: Any) -> str:
        value = getattr(row, shape_of(self.model.kind).money[0])
        return "—" if value is None else f"{plain_number(value)} {row.currency}".strip()


def address_of(role: str) -> str:
    """The name of the page of one record of that kind."""
    return f"admin:integrations_{shape_of(RecordKind(role)).model._meta.model_name}_change"


_TONES = {
    DealPhase.OPEN: "quiet", DealPhase.WON: "good", DealPhase.LOST: "bad",
    OrderStatus.DELIVERED: "good", OrderStatus.CANCELLED: "bad", OrderStatus.RETURNED: "bad",
}  # fmt: skip


@admin.register(models.Deal)
class DealAdmin(ExportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "handshake", 52, "deals"
    columns = ("phase_shown", "stage_title", "amount")
    list_filter = ("phase", DeletedFilter)

    @display(description=_("phase"))
    def phase_shown(self, row: models.Deal) -> SafeString:
        return badge(row.get_phase_display(), _TONES.get(DealPhase(row.phase), "quiet"))  # type: ignore[arg-type]


@admin.register(models.Order)
class OrderAdmin(ExportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "shopping_cart", 53, "orders"
    columns = ("status_shown", "amount", "buyer", "placed_at")
    list_filter = ("status", DeletedFilter)

    @display(description=_("status"))
    def status_shown(self, row: models.Order) -> SafeString:
        return badge(row.get_status_display(), _TONES.get(OrderStatus(row.status), "quiet"))  # type: ignore[arg-type]


@admin.register(models.Product)
class ProductAdmin(ImportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "inventory_2", 54, "products"
    columns = ("sku", "amount", "category", "is_active")


@admin.register(models.StockLevel)
class StockLevelAdmin(ExportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "warehouse", 55, "stock"
    columns = ("warehouse", "quantity", "reserved")


@admin.register(models.Invoice)
class InvoiceAdmin(ExportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "request_quote", 56, "invoices"
    columns = ("status", "amount", "due_at")


@admin.register(models.Payment)
class PaymentAdmin(ExportButtonMixin, RecordAdmin):
    menu_icon, menu_place, export_dataset = "payments", 57, "payments"
    columns = ("status", "amount", "method", "paid_at")


@admin.register(models.Document)
class DocumentAdmin(RecordAdmin):
    menu_icon, menu_place = "description", 58
    columns = ("number", "type", "author")

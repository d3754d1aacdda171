"""Integrations: the catalogue, the connector's own form, and the page that staff work on."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, Q, QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from exports.admin.import_button import ImportButtonMixin
from integrations.actions.alert_members import wants_mail
from integrations.actions.copy_integration import targets
from integrations.actions.delete_integration import delete_integration
from integrations.actions.hook_source import hook_url
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.take_farewell import farewell_url
from integrations.actions.test_connection import diagnose
from integrations.admin.account import account_of, callback_of, unconnected_credentials, waits_for_somebody
from integrations.admin.catalogue import drawing, shelves
from integrations.admin.consequences import of_deleting_many
from integrations.admin.desk import Desk
from integrations.admin.diagnoses import keep_diagnosis, take_diagnosis
from integrations.admin.form import IntegrationForm, fieldsets_for, form_for
from integrations.admin.lifecycle import LifeCycle, arrival_context
from integrations.admin.mapping import MappingPage, mappings_shown
from integrations.admin.readme import render
from integrations.admin.tryouts import Tryouts, tryout_of
from integrations.capabilities import Account, ExtensionDirectory, ModuleRegistration
from integrations.connector import Connector
from integrations.connectors import connector_of, registry
from integrations.hooks import WebhookRegistration
from integrations.models import Health, Integration
from integrations.selectors import (
    connected_systems,
    extensions_of,
    managers,
    named_differences,
    open_problems,
    recent_exchanges,
)
from integrations.simulators import discover
from integrations.tryouts.ports import may_try_out
from tenants.access import ADMINISTRATORS, MANAGERS, has_role, member_of
from tenants.admin.base import TenantAdmin

TONES = {
    Health.UNKNOWN: "quiet",
    Health.OK: "good",
    Health.DEGRADED: "warn",
    Health.FAILING: "bad",
    Health.MISCONFIGURED: "bad",
}


def health_badge(row: Integration, *, is_connected: bool = True) -> SafeString:
    """The health as a word in the tone of its meaning; a paused or unconnected integration has none."""
    if not row.is_enabled:
        return format_html('<span class="sb-badge" data-tone="quiet">{}</span>', _t("paused"))
    if not is_connected:
        return format_html('<span class="sb-badge" data-tone="quiet">{}</span>', _t("not connected"))
    if row.standing == "expiring":
        return format_html('<span class="sb-badge" data-tone="warn">{}</span>', _t("credentials expire"))
    return format_html(
        '<span class="sb-badge" data-tone="{}">{}</span>',
        TONES[Health(row.health)],
        row.get_health_display(),
    )


@admin.register(Integration)
class IntegrationAdmin(ImportButtonMixin, Desk, LifeCycle, MappingPage, Tryouts, TenantAdmin):
    """One page for everything about one connection."""

    menu_icon = "hub"
    menu_place = 40
    export_dataset, import_dataset = "integrations", "extension_mappings"
    import_title = _("Import extensions")
    empty_hint = _(
        "Connect the CRM: choose the system, enter its address and key, and the connection is tried at once."
    )
    view_roles = MANAGERS
    buttons = {
        **dict.fromkeys(("test", "connect", "disconnect", "users", "extensions"), "change"),
        **dict.fromkeys(("register", "deactivate", "mapping", "compare", "push", "take", "client"), "change"),
        **dict.fromkeys(("subscribe", "unsubscribe", "pause", "resume", "secret", "copy"), "change"),
        **dict.fromkeys(("inlet", "alerts", "endings", "simulation", "simulation_status"), "view"),
        "try": "add",
        "simulate": "add",
        **ImportButtonMixin.buttons,
    }
    list_display = ("title", "health_shown", "last_success_at", "problems_shown")
    list_display_links = ("title",)
    list_filter = ("health", "is_enabled")
    list_before_template = "admin/integrations/alerts.html"
    search_fields = ("name",)
    ordering = ("name", "id")
    change_form_template = "admin/integrations/integration.html"

    class Media:
        css = {
            "all": (
                "integrations/integrations.css",
                "integrations/catalogue.css",
                "integrations/mapping.css",
            )
        }
        # Deferred: they look for what stands in the page.
        js = tuple(
            Script(name, defer=True)
            for name in ("webhooks/copy.js", "integrations/catalogue.js", "integrations/setup.js")
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Integration]:
        found: QuerySet[Integration] = super().get_queryset(request)
        still_open = Count("problems", filter=Q(problems__resolved_at__isnull=True))
        rows = found.defer("credentials", "own_secrets").select_related("tryout")
        return rows.annotate(open_problems=still_open, unconnected=unconnected_credentials())

    @display(description=_("name"), ordering="name")
    def title(self, row: Integration) -> SafeString:
        return format_html(
            '<span class="int-title"><span class="int-logo" aria-hidden="true">{}</span>'
            '<span>{}<small>{}</small></span></span>',
            drawing(connector_of(row.connector)),
            row.name,
            row.system if tryout_of(row) is None else _t("%(system)s, simulated") % {"system": row.system},
        )  # fmt: skip

    @display(description=_("health"), ordering="health")
    def health_shown(self, row: Integration) -> SafeString:
        if row.is_enabled and waits_for_somebody(row):
            badge, what = health_badge(row, is_connected=False), _t("Open it and press “Connect”.")
            return format_html('{} <small class="int-reason">{}</small>', badge, what)
        if row.health in (Health.OK, Health.UNKNOWN) or not row.is_enabled:
            return health_badge(row)
        return format_html('{} <small class="int-reason">{}</small>', health_badge(row), row.health_reason)

    @display(description=_("mapping problems"))
    def problems_shown(self, row: Integration) -> str:
        return str(getattr(row, "open_problems", 0) or "—")

    # Adding: first the system, then its form.

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.GET.get("connector") not in registry():
            if not self.has_add_permission(request):
                return super().add_view(request, form_url, extra_context)
            return self._catalogue(request)
        return super().add_view(request, form_url, extra_context)

    def _catalogue(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Choose the system to connect"),
            "opts": self.opts,
            "shelves": shelves(connected_systems(), discover() if may_try_out() else ()),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/integrations/catalogue.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        member = member_of(request)
        own = {"alerted": member is not None, "wants_mail": member is not None and wants_mail(member)}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    @staticmethod
    def get_form_class(connector: Connector) -> type[IntegrationForm]:
        return form_for(connector)

    def _connector(self, request: HttpRequest, obj: Integration | None) -> Connector:
        code = obj.connector if obj else request.GET.get("connector", "")
        if obj is None and code not in registry():
            raise Http404  # such as a POST of "save as new", which the buttons of the page do not offer
        return connector_of(code)

    def get_fieldsets(self, request: HttpRequest, obj: Integration | None = None) -> Any:
        return fieldsets_for(self._connector(request, obj), is_new=obj is None)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = form_for(self._connector(request, obj))
        # The declared fields are the form's own; only these are the model's.
        kwargs["fields"] = ("name", "is_enabled") if obj is None else ("name",)
        return super().get_form(request, obj, change, **kwargs)

    # Saving goes through the same actions as the API.

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:
        values = form.values()
        if change:
            update_integration(obj, **values)
            return
        is_enabled = form.cleaned_data["is_enabled"]
        made = create_integration(obj.tenant, obj.connector, is_enabled=is_enabled, **values)
        obj.__dict__.update(made.__dict__)

    def response_add(
        self, request: HttpRequest, obj: Integration, post_url_continue: Any = None
    ) -> HttpResponse:
        """On to its page, with the connection tried: that is what everybody wants to know next."""
        if IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        keep_diagnosis(request, obj, diagnose(obj))
        return HttpResponseRedirect(reverse("admin:integrations_integration_change", args=[obj.pk]))

    def delete_model(self, request: HttpRequest, obj: Integration) -> None:
        delete_integration(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Integration]) -> None:
        for row in queryset:
            delete_integration(row)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counting everything that goes with it would read its whole log: each is counted up to a limit."""
        rows = list(objs)
        return of_deleting_many(rows), {str(self.opts.verbose_name_plural): len(rows)}, set(), []

    # The page.

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        connector = self._connector(request, obj)
        context |= {
            "connector": connector,
            "drawing": drawing(connector),
            "readme": render(connector.readme(get_language() or "en")),
            "has_users": connector.has_users,
            "may_try": connector.can(Account)
            and (self.has_change_permission(request, obj) if obj else self.has_add_permission(request)),
        }
        if obj is None:
            context["callback_url"] = callback_of(connector)
        else:
            context |= self._page(request, obj, connector)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def _page(self, request: HttpRequest, row: Integration, connector: Connector) -> dict[str, Any]:
        account, may_change = account_of(row), self.has_change_permission(request, row)
        return {
            "badge": health_badge(
                row, is_connected=account is None or account.is_fixed or account.is_connected
            ),
            "account": account,
            "tryout": tryout_of(row),
            "may_change": may_change,
            "hook_url": hook_url(row) if may_change else "",
            "farewell_url": farewell_url(row) if may_change else "",
            "can_subscribe": connector.can(WebhookRegistration),
            "may_copy": may_change and bool(targets(request.user, row)),  # type: ignore[arg-type]
            **arrival_context(row),
            "diagnosis": take_diagnosis(request, str(row.pk)),
            "has_directory": connector.can(ExtensionDirectory),
            "has_module": connector.can(ModuleRegistration),
            "managers": managers(row),
            "extensions": extensions_of(row.tenant_id),
            "problems": open_problems(row),
            "differences": named_differences(row) if connector.can(ExtensionDirectory) else [],
            "mappings": mappings_shown(row),
            "sees_exchanges": has_role(request, ADMINISTRATORS),
            "exchanges": recent_exchanges(row) if has_role(request, ADMINISTRATORS) else [],
        }


__all__ = ["IntegrationAdmin", "IntegrationForm"]

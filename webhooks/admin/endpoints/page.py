"""Endpoints: whom we send to. Their secrets are shown once; tests go through the real path."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.scoping import current_tenant_id
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.admin.charts import bars
from webhooks.admin.endpoints.developers import Developers
from webhooks.admin.endpoints.recovering import Recovering
from webhooks.admin.endpoints.secrets import Secrets
from webhooks.admin.endpoints.switching import Switching
from webhooks.admin.endpoints.trying import Trying
from webhooks.admin.format_fields import shown_when
from webhooks.admin.forms import EndpointForm
from webhooks.admin.proof_fields import NAMES, proof_shown_when
from webhooks.health import health
from webhooks.hops import leads_back
from webhooks.models import Endpoint, EndpointFlow
from webhooks.selectors import DeliveryFilter, deliveries, unwell_counts
from webhooks.statistics import statistics

SHOWN_EVENTS = 3
LEADS_BACK = _(
    "This URL leads back to this installation. What is sent there may come in again as an inbound webhook and go round in a"
    " circle, until it is refused after a few rounds. Correct the URL, or take inbound.received out of the events."
)
PACE_AND_ORDER = (
    *("rate_limit", "rate_period", "concurrency"),
    *("ordering_mode", "ordering_key", "on_failure", "batch_size"),
)
PARTS = (Trying, Secrets, Switching, Recovering, Developers)


@admin.register(Endpoint)
class EndpointPage(Trying, Secrets, Switching, Recovering, Developers, TenantAdmin):
    menu_place = 200
    menu_icon = "webhook"
    view_roles = MANAGERS  # addresses, headers and what was sent there
    buttons = dict.fromkeys((name for part in PARTS for name in part.views), "change")
    form = EndpointForm
    list_display = ("name", "short_url", "wanted", "state_label")
    list_filter = ("state",)
    search_fields = ("name", "host")
    change_form_outer_before_template = "admin/webhooks/endpoint_head.html"
    list_select_related = ("flow",)
    conditional_fields = (
        shown_when()
        | proof_shown_when()
        | {
            "rate_period": "rate_limit != ''",
            "ordering_key": "ordering_mode == 'key'",
            "on_failure": "ordering_mode != 'none'",
        }
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ["description", "timeout", "retries", "headers", *([] if obj else ["secret"])]
        # It may hold a secret: only who may change it reads it in full.
        may_save = self._may_save(request, obj)
        url = "url" if may_save else "short_url"
        proof = [(_("How we prove ourselves"), {"fields": [*NAMES, "proxy"]})] if may_save else []
        return [
            (None, {"fields": ["name", url, "events", "filter"]}),
            (_("Request"), {"fields": ["format", *shown_when()]}),
            *proof,
            (_("Pace and order"), {"fields": PACE_AND_ORDER}),
            (_("More"), {"fields": more}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if self._may_save(request, obj) else ("short_url",)

    def _may_save(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(f"<uuid:pk>/{name}/", wrap(getattr(self, f"{name}_view")), name=f"webhooks_endpoint_{name}")
            for part in PARTS
            for name in part.views
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            # Without a tenant in scope, pages for adding are closed.
            obj.tenant_id = obj.tenant_id or current_tenant_id()  # type: ignore[assignment]
            obj.plain_secret = create_endpoint(obj, form.cleaned_data.get("secret"))  # type: ignore[attr-defined]
        if leads_back(obj.url, request.get_host()):
            messages.warning(request, LEADS_BACK)

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Not a redirect: the secret must not lie in a cookie or a session."""
        return self._show_secret(request, obj, obj.plain_secret, is_new=True)  # type: ignore[attr-defined]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        endpoint = kwargs.get("obj")
        if endpoint is not None:
            counts = unwell_counts(endpoint)
            recent = list(deliveries(DeliveryFilter(endpoint=endpoint.pk))[:5])
            figures = statistics(endpoint.pk)
            rate = figures.success_rate
            context |= {
                "counts": counts,
                "recent": recent,
                "can_write": self.has_change_permission(request),
                "statistics": figures,
                "share": None if rate is None else round(100 * rate, 1),
                "bars": bars(figures),
                "health": health(endpoint, figures),
                "flow": EndpointFlow.objects.filter(endpoint=endpoint).first(),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("URL"))
    def short_url(self, endpoint: Endpoint) -> str:
        return endpoint.shown_url

    @admin.display(description=_("events"))
    def wanted(self, endpoint: Endpoint) -> str:
        shown, rest = endpoint.events[:SHOWN_EVENTS], len(endpoint.events) - SHOWN_EVENTS
        return ", ".join(shown) + (f" +{rest}" if rest > 0 else "")

    @admin.display(description=_("state"))
    def state_label(self, endpoint: Endpoint) -> SafeString:
        flow: EndpointFlow | None = getattr(endpoint, "flow", None)
        if endpoint.is_enabled and flow is not None and not flow.is_well:
            return badge(flow.get_breaker_display(), "warn")
        return badge(endpoint.get_state_display(), "good" if endpoint.is_enabled else "bad")

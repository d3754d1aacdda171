"""Endpoints: whom we send to. Their secrets are shown once; tests go through the real path."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from tenants import audit
from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.errors import ConfigError
from tenants.scoping import current_tenant_id
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.replay_deliveries import replay_deliveries
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.actions.send_test import preview, send_test
from webhooks.admin.bodies import readable
from webhooks.admin.charts import bars
from webhooks.admin.confirming import ask
from webhooks.admin.format_fields import shown_when
from webhooks.admin.forms import EndpointForm, FilterForm, RotationForm, TestForm
from webhooks.formats import RenderFailed
from webhooks.hops import leads_back
from webhooks.models import DeliveryState, Endpoint
from webhooks.selectors import DeliveryFilter, deliveries, parked_count, unwell_counts
from webhooks.statistics import statistics
from webhooks.trials import try_filter

SHOWN_EVENTS = 3
LEADS_BACK = _(
    "This URL leads back to this installation. What is sent there may come in again as an inbound webhook and go round in a"
    " circle, until it is refused after a few rounds. Correct the URL, or take inbound.received out of the events."
)


@admin.register(Endpoint)
class EndpointPage(TenantAdmin):
    menu_place = 200
    menu_icon = "webhook"
    view_roles = MANAGERS  # addresses, headers and what was sent there
    buttons = dict.fromkeys(("test", "filter", "rotate", "disable", "enable", "parked"), "change")
    form = EndpointForm
    list_display = ("name", "short_url", "wanted", "state_label")
    list_filter = ("state",)
    search_fields = ("name", "host")
    change_form_outer_before_template = "admin/webhooks/endpoint_head.html"
    conditional_fields = shown_when()

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ["description", "timeout", "retries", "headers", *([] if obj else ["secret"])]
        # It may hold a secret: only who may change it reads it in full.
        url = "url" if self._may_save(request, obj) else "short_url"
        return [
            (None, {"fields": ["name", url, "events", "filter"]}),
            (_("Request"), {"fields": ["format", *shown_when()]}),
            (_("More"), {"fields": more}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if self._may_save(request, obj) else ("short_url",)

    def _may_save(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        views = {
            "test": self.test_view,
            "filter": self.filter_view,
            "rotate": self.rotate_view,
            "disable": self.disable_view,
            "enable": self.enable_view,
            "parked": self.parked_view,
        }
        own = [
            path(f"<uuid:pk>/{name}/", wrap(view), name=f"webhooks_endpoint_{name}")
            for name, view in views.items()
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
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def test_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Shows the body first when asked to; sends it by the real path."""
        endpoint = self._writable(request, pk)
        form = TestForm(request.POST or None)
        shown = fault = None
        if request.method == "POST" and form.is_valid():
            if "show" not in request.POST:
                _event, delivery = send_test(endpoint, form.cleaned_data["message"], form.sample)
                page = reverse("admin:webhooks_delivery_change", args=[delivery])
                link = format_html('<a href="{}">{}</a>', page, translated("See how it went"))
                messages.success(request, format_html("{} {}", translated("The test is on its way."), link))
                return self._back(pk)
            try:
                shown = preview(endpoint, form.sample)
            except RenderFailed as error:
                fault = str(error)
        return TemplateResponse(
            request,
            "admin/webhooks/test.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Send test"),
                "endpoint": endpoint,
                "form": form,
                "shown": shown,
                "body": readable(shown.body) if shown else "",
                "fault": fault,
                "back": _page(pk),
            },
        )

    def filter_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Tries a filter on past events; nothing is stored before somebody says so."""
        endpoint = self._writable(request, pk)
        form = FilterForm(request.POST or None, initial={"filter": endpoint.filter})
        tried = None
        if request.method == "POST" and form.is_valid():
            wanted = form.cleaned_data["filter"]
            if "save" in request.POST:
                before = audit.snapshot(endpoint)
                endpoint.filter = wanted
                endpoint.save(update_fields=["filter"])
                old, new = audit.changed(before, audit.snapshot(endpoint))
                audit.record("endpoint.updated", endpoint, before=old, after=new)
                messages.success(request, translated("The filter is saved."))
                return self._back(pk)
            tried = try_filter(wanted, endpoint.events, form.cleaned_data["type"])
        elif request.method == "GET":
            tried = try_filter(endpoint.filter, endpoint.events)
        return TemplateResponse(
            request,
            "admin/webhooks/filter.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Try the filter"),
                "endpoint": endpoint,
                "form": form,
                "tried": tried,
                "matched": sum(one.matches for one in tried or ()),
                "back": _page(pk),
            },
        )

    def rotate_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        form = RotationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                secret = rotate_secret(endpoint, overlap=timedelta(hours=form.cleaned_data["overlap_hours"]))
            except ConfigError as error:
                messages.error(request, str(error))
                return self._back(pk)
            return self._show_secret(request, endpoint, secret, is_new=False)
        return ask(
            self,
            request,
            title=_("New secret"),
            text=_(
                "A new secret is made for “%(name)s”. Until the old one expires, requests carry both signatures."
            )
            % {"name": endpoint.name},
            button=_("Make a new secret"),
            back=_page(pk),
            form=form,
        )

    def disable_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        if request.method == "POST":
            disable_endpoint(endpoint)
            messages.success(request, translated("The endpoint is disabled."))
            return self._back(pk)
        return ask(
            self,
            request,
            title=_("Disable"),
            text=_("“%(name)s” gets nothing more. Events are parked meanwhile and can be sent later.")
            % {"name": endpoint.name},
            button=_("Disable"),
            back=_page(pk),
        )

    def enable_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        if request.method == "POST":
            enable_endpoint(endpoint)
            messages.success(request, translated("The endpoint is enabled."))
            return HttpResponseRedirect(_sub(pk, "parked")) if parked_count(endpoint) else self._back(pk)
        return ask(
            self,
            request,
            title=_("Enable"),
            text=_("“%(name)s” gets events again.") % {"name": endpoint.name},
            button=_("Enable"),
            back=_page(pk),
        )

    def parked_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        endpoint = self._writable(request, pk)
        parked = deliveries(DeliveryFilter(endpoint=endpoint.pk, state=DeliveryState.PARKED))
        if request.method == "POST":
            sent = replay_deliveries(parked)
            messages.success(request, translated("Deliveries queued: %(count)d.") % {"count": sent})
            return self._back(pk)
        return ask(
            self,
            request,
            title=_("Send what was parked"),
            text=_("Deliveries that were parked for “%(name)s”: %(count)d. Send them now, oldest first?")
            % {"name": endpoint.name, "count": parked.count()},
            button=_("Send them"),
            back=_page(pk),
        )

    @admin.display(description=_("URL"))
    def short_url(self, endpoint: Endpoint) -> str:
        return endpoint.shown_url

    @admin.display(description=_("events"))
    def wanted(self, endpoint: Endpoint) -> str:
        shown, rest = endpoint.events[:SHOWN_EVENTS], len(endpoint.events) - SHOWN_EVENTS
        return ", ".join(shown) + (f" +{rest}" if rest > 0 else "")

    @admin.display(description=_("state"))
    def state_label(self, endpoint: Endpoint) -> SafeString:
        return badge(endpoint.get_state_display(), "good" if endpoint.is_enabled else "bad")

    def _show_secret(
        self, request: HttpRequest, endpoint: Endpoint, secret: str, *, is_new: bool
    ) -> HttpResponse:
        return TemplateResponse(
            request,
            "admin/webhooks/secret.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Endpoint created") if is_new else _("New secret"),
                "endpoint": endpoint,
                "secret": secret,
                "next": _page(endpoint.pk),
            },
            headers={"Cache-Control": "no-store"},
        )

    def _writable(self, request: HttpRequest, pk: uuid.UUID) -> Endpoint:
        endpoint = Endpoint.objects.filter(pk=pk).first()
        if endpoint is None or not self.has_change_permission(request, endpoint):
            raise Http404
        return endpoint

    @staticmethod
    def _back(pk: uuid.UUID) -> HttpResponse:
        return HttpResponseRedirect(_page(pk))


def _page(pk: uuid.UUID) -> str:
    return reverse("admin:webhooks_endpoint_change", args=[pk])


def _sub(pk: uuid.UUID, name: str) -> str:
    return reverse(f"admin:webhooks_endpoint_{name}", args=[pk])

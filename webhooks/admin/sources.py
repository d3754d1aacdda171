"""Sources: who may send to us. The URL to paste stands on top; a secret that was made here is shown once."""

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.admin.dashboard import start_of_today
from tenants.errors import ConfigError
from tenants.scoping import current_tenant_id
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.create_source import create_source
from webhooks.actions.keep_aside import aside
from webhooks.actions.own_source import owned_text, whose
from webhooks.admin.confirming import ask
from webhooks.admin.source_forms import SourceForm, SourceSecretForm
from webhooks.diagnoses import refused
from webhooks.models import Inbound, Source
from webhooks.presets import PRESETS
from webhooks.presets.options import OPTIONS
from webhooks.reasons import explained
from webhooks.selectors import InboundFilter, inbound_requests, sources, state_counts


def _shown_for(option: str) -> str:
    """The condition, in the language of the form's script, under which an option is shown."""
    return " || ".join(f"preset == '{one.name}'" for one in PRESETS.values() if option in one.options)


@admin.register(Source)
class SourcePage(TenantAdmin):
    menu_place = 220
    menu_icon = "input"
    view_roles = MANAGERS
    buttons = {"secret": "change"}
    form = SourceForm
    list_display = ("name", "sender_title", "state_label", "last_received", "rejected")
    list_filter = ("is_enabled",)
    search_fields = ("name",)
    change_form_outer_before_template = "admin/webhooks/source_head.html"
    conditional_fields = {option: _shown_for(option) for option in OPTIONS} | {
        "tolerance": " || ".join(
            f"preset == '{one.name}'"
            for one in PRESETS.values()
            if one.has_timestamp or "timestamp_header" in one.options
        ),
        "expected": "intake != 'all'",
        "relay_headers": "relay != ''",
        "relay_original": "relay != ''",
    }

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}
        # Deferred: it looks for what stands in the page.
        js = (Script("webhooks/copy.js", defer=True),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        return sources()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = ["name", "preset", *([] if obj else ["secret"]), *OPTIONS]
        return [
            (None, {"fields": first}),
            (_("Events"), {"fields": ["intake", "expected", "relay", "relay_headers", "relay_original"]}),
            (_("More"), {"fields": ["description", "tolerance", "is_enabled"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What belongs to something is named, switched and proved there."""
        return ("name", "is_enabled") if obj is not None and obj.owner else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.owner)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Those that belong to something go with it and not from here; whoever chose one is told so."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return shown, counts, lacking, [*protected, *(owned_text(one) for one in objs if one.owner)]

    def get_urls(self) -> list[URLPattern]:
        secret = path(
            "<uuid:pk>/secret/", self.admin_site.admin_view(self.secret_view), name="webhooks_source_secret"
        )
        return [secret, *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            # Without a tenant in scope, pages for adding are closed.
            obj.tenant_id = obj.tenant_id or current_tenant_id()  # type: ignore[assignment]
            create_source(obj)
            obj.made_secret = form.made_secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Source, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Not a redirect: the secret must not lie in a cookie or a session."""
        return self._show_ready(request, obj, obj.made_secret, is_new=True)  # type: ignore[attr-defined]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        source = kwargs.get("obj")
        if source is not None:
            tally = getattr(source, "tally", None)
            context |= {
                "url": settings.PUBLIC_URL + source.path,
                "has_token_in_url": source.has_secret_in_url,
                "hint": source.sender.hint if source.preset in PRESETS else "",
                "counts": state_counts(source, start_of_today()),
                "tally": tally,
                "refused": refused(tally.samples) if tally else [],
                "refusal": explained(tally.rejected_reason) if tally and tally.rejected else None,
                "recent": list(inbound_requests(InboundFilter(source=source.pk))[:5]),
                "has_former_secret": source.has_former_secret(),
                "aside": aside(Inbound.objects.filter(source=source)).count(),
                "can_write": self.has_change_permission(request) and not source.owner,
                "whose": whose(source),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def secret_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        source = Source.objects.filter(pk=pk).first()
        if source is None or not self.has_change_permission(request, source):
            raise Http404
        if source.owner:
            messages.error(request, owned_text(source))
            return HttpResponseRedirect(reverse("admin:webhooks_source_change", args=[pk]))
        form = SourceSecretForm(request.POST or None, source=source)
        page = reverse("admin:webhooks_source_change", args=[pk])
        if request.method == "POST" and form.is_valid():
            overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
            try:
                made = change_source_secret(source, form.cleaned_data["secret"] or None, overlap)
            except ConfigError as error:
                messages.error(request, str(error))
                return HttpResponseRedirect(page)
            if made:
                return self._show_ready(request, source, made, is_new=False)
            messages.success(request, translated("The secret was changed."))
            return HttpResponseRedirect(page)
        return ask(
            self,
            request,
            title=_("New secret"),
            text=_("Requests to “%(name)s” are proved by this secret from now on.") % {"name": source.name},
            button=_("Change the secret"),
            back=page,
            form=form,
        )

    @admin.display(description=_("sender"), ordering="preset")
    def sender_title(self, source: Source) -> str:
        return str(source.sender.title) if source.preset in PRESETS else source.preset

    @admin.display(description=_("state"))
    def state_label(self, source: Source) -> SafeString:
        return (
            badge(translated("enabled"), "good")
            if source.is_enabled
            else badge(translated("disabled"), "bad")
        )

    @admin.display(description=_("last received"))
    def last_received(self, source: Source) -> str:
        moment = getattr(source, "last_received", None)
        return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else "—"

    @admin.display(description=_("refused"))
    def rejected(self, source: Source) -> int:
        tally = getattr(source, "tally", None)
        return tally.rejected if tally else 0

    def _show_ready(
        self, request: HttpRequest, source: Source, secret: str | None, *, is_new: bool
    ) -> HttpResponse:
        url = settings.PUBLIC_URL + source.path
        return TemplateResponse(
            request,
            "admin/webhooks/source_ready.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Source created") if is_new else _("New secret"),
                "source": source,
                "secret": secret,
                "url": f"{url}?token={secret}" if secret and source.has_secret_in_url else url,
                "hint": source.sender.hint,
                "next": reverse("admin:webhooks_source_change", args=[source.pk]),
            },
            headers={"Cache-Control": "no-store"},
        )

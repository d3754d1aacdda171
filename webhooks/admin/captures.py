"""Captures: a URL that records, who sent what it recorded, and one click that makes the source of it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms import CharField, Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tenants.access import MANAGERS
from tenants.admin.badges import badge
from tenants.admin.base import TenantAdmin
from tenants.errors import ConfigError
from tenants.scoping import current_tenant_id
from webhooks.actions.capture import begin_capture, make_source, source_of, suggest
from webhooks.admin.source_fields import LABELS, secret_field
from webhooks.guessing import Guess
from webhooks.ingest.arrived import shown_query, unproved_headers
from webhooks.models import Capture, CapturedRequest
from webhooks.models.capture import MOST_CAPTURED
from webhooks.readable import readable

SHOWN = 20


class SecretForm(Form):
    """The secret that the sender shares with us; without one, the headers are looked at."""

    secret: CharField = secret_field(
        _("The secret, token or key that the sender shows. It is kept sealed until a source is made.")
    )


@admin.register(Capture)
class CapturePage(TenantAdmin):
    menu_place = 225
    menu_icon = "radar"
    view_roles = MANAGERS
    buttons = {"suggest": "change", "use": "change"}
    fields = ("name",)
    list_display = ("name", "state_label", "requests", "expires_at", "source")
    list_select_related = ("source",)
    search_fields = ("name",)
    change_form_outer_before_template = "admin/webhooks/capture.html"
    empty_hint = _(
        "A capture is a URL that records for an hour what a sender sends, to find out how it signs."
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}
        js = ("webhooks/copy.js",)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:pk>/suggest/", wrap(self.suggest_view), name="webhooks_capture_suggest"),
            path("<uuid:pk>/use/", wrap(require_POST(self.use_view)), name="webhooks_capture_use"),
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Capture, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        obj.tenant_id = obj.tenant_id or current_tenant_id()  # type: ignore[assignment]
        begin_capture(obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except ConfigError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:webhooks_capture_changelist"))

    def response_add(
        self, request: HttpRequest, obj: Capture, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:webhooks_capture_change", args=[obj.pk]))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        capture = kwargs.get("obj")
        if capture is not None:
            context |= {
                "url": settings.PUBLIC_URL + capture.path,
                "most": MOST_CAPTURED,
                "recorded": [_shown(row) for row in capture.captured.order_by("-id")[:SHOWN]],
                "secret_form": SecretForm(),
                "can_write": self.has_change_permission(request) and not capture.has_source,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def suggest_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """On the capture's own page, below what was recorded."""
        capture = self._own(request, pk)
        form = SecretForm(request.POST or None)
        if request.method != "POST" or not form.is_valid() or capture.has_source:
            return HttpResponseRedirect(reverse("admin:webhooks_capture_change", args=[pk]))
        found = suggest(capture, form.cleaned_data["secret"])
        total = capture.captured.count()
        context = {
            "suggested": [_told(one, number, total) for number, one in enumerate(found)],
            "is_tried": True,
        }
        return self.changeform_view(_as_get(request), str(pk), extra_context=context)

    def use_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """The suggestions are worked out anew: the browser says only which of them."""
        capture = self._own(request, pk)
        page = reverse("admin:webhooks_capture_change", args=[pk])
        found: list[Guess] = suggest(capture, capture.secret or "") if not capture.has_source else []
        chosen = [
            one
            for number, one in enumerate(found)
            if f"{one.preset.name}:{number}" == request.POST.get("guess")
        ]
        if not chosen or not chosen[0].proves:
            messages.error(request, translated("That suggestion is gone: look for the sender again."))
            return HttpResponseRedirect(page)
        source = source_of(capture, chosen[0], capture.secret or "")
        try:
            count = make_source(capture, source)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(page)
        text = ngettext(
            "The source is there, at the same URL; %(count)d recorded request is processed.",
            "The source is there, at the same URL; %(count)d recorded requests are processed.",
            count,
        )
        messages.success(request, text % {"count": count})
        return HttpResponseRedirect(reverse("admin:webhooks_source_change", args=[source.pk]))

    def _own(self, request: HttpRequest, pk: uuid.UUID) -> Capture:
        capture = Capture.objects.filter(pk=pk).first()
        if capture is None or not self.has_change_permission(request, capture):
            raise Http404
        return capture

    @admin.display(description=_("state"))
    def state_label(self, capture: Capture) -> SafeString:
        if capture.has_source:
            return badge(translated("became a source"), "good")
        return (
            badge(translated("recording now"), "warn")
            if capture.is_recording
            else badge(translated("over"), "quiet")
        )


def _as_get(request: HttpRequest) -> HttpRequest:
    """The page itself, as if it had been opened: its own form was not sent."""
    request.method = "GET"
    return request


def _shown(row: CapturedRequest) -> dict[str, Any]:
    """What may log in is masked here, too: the page is for looking."""
    return {
        "at": row.created_at,
        "method": row.method,
        "address": row.address,
        "query": shown_query(row.query),
        "headers": unproved_headers(row.headers),
        "body": readable(bytes(row.body)),
        "size": len(row.body),
    }


def _told(guess: Guess, number: int, total: int) -> dict[str, Any]:
    return {
        "value": f"{guess.preset.name}:{number}",
        "title": guess.preset.title,
        "hint": guess.preset.hint,
        "options": [(LABELS[name][0], value) for name, value in guess.options.items()],
        "proves": guess.proves,
        "total": total,
    }

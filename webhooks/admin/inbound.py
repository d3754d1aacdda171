"""Inbound requests: what came, what it was, and processing it again."""

import uuid
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenants.access import MANAGERS
from tenants.admin.badges import Tone
from tenants.admin.base import LogAdmin
from tenants.errors import ConfigError
from tenants.models import Event
from tenants.scoping import current_tenant_id
from webhooks.actions.keep_aside import aside, drop, release
from webhooks.actions.record_handling import outcomes_of
from webhooks.actions.replay_inbound import replay_one, replayable
from webhooks.actions.replay_range import BegunReplay, begin_replay, replay_chosen, requests_of
from webhooks.admin.confirming import ask, ask_about_chosen
from webhooks.admin.replays import RangeForm
from webhooks.models import Inbound, InboundState
from webhooks.readable import readable


@admin.register(Inbound)
class InboundPage(LogAdmin):
    menu_place = 230
    menu_icon = "inbox"
    view_roles = MANAGERS
    own_roles = {"replay": MANAGERS}
    buttons = {"replay": "replay", "range": "replay"}
    heavy = ("body", "headers", "outcomes")
    tones: ClassVar[Mapping[str, Tone]] = {
        InboundState.PROCESSED: "good",
        InboundState.FAILED: "bad",
        InboundState.ASIDE: "warn",
    }
    readonly_fields = ("proof", "identity")
    list_display = ("created", "source", "event_name", "state_label", "why")
    list_display_links = ("created", "event_name")
    list_filter = ("state", "source")
    list_select_related = ("source",)
    search_fields = ("event_type__istartswith", "dedup_key__startswith")
    search_help_text = _("Event, or the sender's identifier")
    actions = ("replay_chosen", "release_chosen", "drop_chosen")
    list_before_template = "admin/webhooks/inbound_list.html"
    change_form_outer_before_template = "admin/webhooks/inbound.html"
    fieldsets = (
        (
            _("Details"),
            {
                "fields": (
                    "id",
                    "source",
                    "event_type",
                    "created_at",
                    "processed_at",
                    "address",
                    "content_type",
                    "identity",
                    "proof",
                    "replays",
                    "correlation_id",
                )
            },
        ),
    )

    class Media:
        css = {"all": ("webhooks/webhooks.css",)}

    def get_urls(self) -> list[URLPattern]:
        replay = path(
            "<uuid:pk>/replay/", self.admin_site.admin_view(self.replay_view), name="webhooks_inbound_replay"
        )
        wrap = self.admin_site.admin_view
        whole = path("range/", wrap(self.range_view), name="webhooks_inbound_range")
        return [replay, whole, *super().get_urls()]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "replay")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context |= {
                "body": readable(bytes(row.body)),
                "body_size": len(row.body),
                "events": list(Event.objects.filter(correlation_id=row.correlation_id).order_by("id")[:20]),
                "outcomes": outcomes_of(row),
                "can_replay": self.has_replay_permission(request)
                and row.state != InboundState.RECEIVED
                and row.reason != "handshake",
                "replay_url": reverse("admin:webhooks_inbound_replay", args=[row.pk]),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def replay_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = Inbound.objects.select_related("source").filter(pk=pk).first()
        if row is None or not self.has_replay_permission(request):
            raise Http404
        page = reverse("admin:webhooks_inbound_change", args=[pk])
        if request.method == "POST":
            try:
                replay_one(row)
                messages.success(request, translated("It is processed again."))
            except ConfigError as error:
                messages.error(request, str(error))
            return HttpResponseRedirect(page)
        return ask(
            self,
            request,
            title=_("Process again"),
            text=_(
                "The stored request of “%(name)s” is read again, and its event goes to all subscribers anew."
            )
            % {"name": row.source.name},
            button=_("Process again"),
            back=page,
        )

    @admin.action(description=_("Process again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, chosen: QuerySet[Inbound]) -> HttpResponse | None:
        # The list's own order and joins are of no use to an action on many rows.
        chosen = Inbound.objects.filter(pk__in=chosen.order_by().values("pk"))
        if "confirmed" in request.POST:
            return self._begun(request, replay_chosen, chosen)
        text = _(
            "Of the chosen requests, %(count)d can be processed again. The rest waits already, or is a handshake."
        )
        text_shown = text % {"count": replayable(chosen).count()}
        return ask_about_chosen(
            self, request, title=_("Process again"), text=text_shown, action="replay_chosen"
        )

    def _begun(
        self,
        request: HttpRequest,
        begin: Callable[[QuerySet[Inbound]], BegunReplay],
        chosen: QuerySet[Inbound],
    ) -> HttpResponse | None:
        """A few are queued at once; of many one sees how far it is."""
        try:
            begun = begin(chosen)
        except ConfigError as error:
            messages.error(request, str(error))
            return None
        if begun.run is not None:
            return HttpResponseRedirect(reverse("admin:webhooks_inboundreplay_change", args=[begun.run.pk]))
        messages.success(request, translated("Requests queued: %(count)d.") % {"count": begun.count})
        return None

    def range_view(self, request: HttpRequest) -> HttpResponse:
        """What is wanted, then how many that are, then the run."""
        if not self.has_replay_permission(request) or (tenant_id := current_tenant_id()) is None:
            raise Http404
        form = RangeForm(request.POST or None)
        text: Any = _("Requests of the range are read again, and their events go to all subscribers anew.")
        back = reverse("admin:webhooks_inbound_changelist")
        button, hidden = _("Count them"), {}
        if request.method == "POST" and form.is_valid():
            count = requests_of(form.wanted).order_by().count()
            # Whoever changed the range after it was counted is told the new count first.
            mark = blake2b(repr(form.wanted).encode(), digest_size=12).hexdigest()
            if request.POST.get("confirmed") == mark and count:
                run = begin_replay(tenant_id, form.wanted)
                return HttpResponseRedirect(reverse("admin:webhooks_inboundreplay_change", args=[run.pk]))
            text = ngettext(
                "There is %(count)d request in this range.",
                "There are %(count)d requests in this range.",
                count,
            ) % {"count": count}
            if count:
                button, hidden = _("Process them again"), {"confirmed": mark}
        return ask(
            self,
            request,
            title=_("Process a range again"),
            text=text,
            button=button,
            back=back,
            form=form,
            hidden=hidden,
        )

    @admin.action(description=_("Take in what is kept aside"), permissions=["replay"])
    def release_chosen(self, request: HttpRequest, chosen: QuerySet[Inbound]) -> HttpResponse | None:
        chosen = Inbound.objects.filter(pk__in=chosen.order_by().values("pk"))
        if "confirmed" in request.POST:
            return self._begun(request, release, chosen)
        text = translated(
            "Of the chosen requests, %(count)d are kept aside. They are processed like any other."
        )
        text = text % {"count": aside(chosen).count()}
        return ask_about_chosen(
            self, request, title=_("Take in what is kept aside"), text=text, action="release_chosen"
        )

    @admin.action(description=_("Drop what is kept aside"), permissions=["replay"])
    def drop_chosen(self, request: HttpRequest, chosen: QuerySet[Inbound]) -> HttpResponse | None:
        chosen = Inbound.objects.filter(pk__in=chosen.order_by().values("pk"))
        if "confirmed" in request.POST:
            messages.success(request, translated("Requests dropped: %(count)d.") % {"count": drop(chosen)})
            return None
        text = translated(
            "Of the chosen requests, %(count)d are kept aside. They stay in the log for a while, and nothing comes of them."
        )
        text = text % {"count": aside(chosen).count()}
        return ask_about_chosen(
            self, request, title=_("Drop what is kept aside"), text=text, action="drop_chosen"
        )

    @admin.display(description=_("received"), ordering="id")
    def created(self, row: Inbound) -> Any:
        return row.created_at

    @admin.display(description=_("event"))
    def event_name(self, row: Inbound) -> str:
        return row.event_type or "—"

    @admin.display(description=_("identity"))
    def identity(self, row: Inbound) -> SafeString:
        text = translated("A second request with the same one is a repeat.")
        return format_html('<span class="wh-long">{}</span><br><small>{}</small>', row.dedup_key, text)

    @admin.display(description=_("proved by"))
    def proof(self, row: Inbound) -> str:
        return translated("the former secret") if row.is_former_secret else translated("the current secret")

    @admin.display(description=_("reason"))
    def why(self, row: Inbound) -> str:
        return row.explanation.what if row.explanation else "—"

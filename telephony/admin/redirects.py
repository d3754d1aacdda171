"""Smart redirect: its one page of settings, and the list that says why a call did not go to its manager."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.admin import badges
from telephony.admin.redirect_form import RedirectLineForm, RedirectSettingsForm
from telephony.models import RedirectDecision, RedirectLine, RedirectOutcome, RedirectSettings, RedirectSource
from telephony.redirect.circumstances import call_of
from telephony.redirect.words import EXPLANATIONS
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin, TenantAdmin, TenantStackedInline

TONES: dict[str, Tone] = {
    RedirectOutcome.REDIRECTED: "good",
    RedirectOutcome.FAILED: "bad",
    RedirectOutcome.PENDING: "warn",
}


class LineInline(TenantStackedInline):
    model = RedirectLine
    view_roles = ADMINISTRATORS
    form = RedirectLineForm
    fields = ("line", "is_enabled", "checks_hours", "first", "second", "third")
    verbose_name_plural = _("Lines with rules of their own")


@admin.register(RedirectSettings)
class RedirectSettingsPage(TenantAdmin):
    menu_icon = "alt_route"
    menu_place = 44
    menu_settings = True
    empty_hint = _("Add the settings: then the exchange can ask whose client calls.")
    view_roles = ADMINISTRATORS
    form = RedirectSettingsForm
    inlines = (LineInline,)
    list_display = ("__str__", "is_enabled", "budget_ms", "updated_at")
    fieldsets = (
        (None, {"fields": ("is_enabled", "first", "second", "third", "days")}),
        (_("Time"), {"fields": ("budget_ms", "remembers_minutes", "ring_seconds")}),
        (_("When not"), {
            "fields": (
                "checks_hours", "skips_busy", "checks_status", "excluded_lines", "excluded_numbers",
            )
        }),
        (_("Calls that wait in the dialplan"), {"fields": ("contexts",)}),
    )  # fmt: skip


@admin.register(RedirectDecision)
class RedirectDecisionPage(ExportButtonMixin, LogAdmin):
    menu_icon = "fork_right"
    menu_place = 25
    empty_hint = _(
        "Each question of the exchange whether a call goes to its manager appears here, with the reason."
    )
    view_roles = MANAGERS
    export_dataset = "redirects"
    buttons = {"export": "export"}
    heavy = ("steps",)
    list_display = (
        "created_at",
        "phone",
        "line",
        "outcome_shown",
        "extension",
        "why_shown",
        "source_shown",
        "took",
    )
    list_display_links = ("created_at",)
    list_filter = ("outcome", "mode", "source")
    list_select_related = ("integration",)
    search_fields = ("phone", "extension", "unique_id")
    search_help_text = _("Number, extension or the exchange's id")
    readonly_fields = (
        "outcome_shown",
        "why_shown",
        "source_shown",
        "took",
        "considered",
        "call_shown",
        "exchange",
    )
    fields = (
        "created_at", "call_shown", "phone", "line", "outcome_shown", "extension", "why_shown", "source_shown",
        "considered", "mode", "took", "exchange", "unique_id", "channel", "context", "attempted_at", "settled_at",
    )  # fmt: skip

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RedirectDecision]:
        found: QuerySet[RedirectDecision] = super().get_queryset(request)
        return found.select_related("integration", "pbx")

    @display(description=_("outcome"))
    def outcome_shown(self, row: RedirectDecision) -> SafeString:
        return badge(row.get_outcome_display(), TONES.get(row.outcome, "quiet"))

    @display(description=_("why"))
    def why_shown(self, row: RedirectDecision) -> str:
        return row.why or "—"

    @display(description=_("who said so"))
    def source_shown(self, row: RedirectDecision) -> str:
        if not row.source:
            return "—"
        name = row.integration.name if row.integration else str(row.get_source_display())
        return f"{name} ({_('from memory')})" if row.is_remembered else name

    @display(description=_("took"))
    def took(self, row: RedirectDecision) -> str:
        return str(_("%(ms)s ms") % {"ms": row.ms})

    @display(description=_("telephone exchange"))
    def exchange(self, row: RedirectDecision) -> str:
        return row.pbx.name

    @display(description=_("call"))
    def call_shown(self, row: RedirectDecision) -> SafeString | str:
        call = call_of(row.pbx_id, row.unique_id)
        return badges.call_link(call) if call is not None else "—"

    @display(description=_("who was considered"))
    def considered(self, row: RedirectDecision) -> SafeString | str:
        labels = dict(RedirectSource.choices)
        rows = [
            (
                step.get("extension") or "—",
                labels.get(step.get("source", ""), ""),
                step.get("name", ""),
                EXPLANATIONS.get(step.get("verdict", ""), step.get("verdict", "")),
            )
            for step in row.steps
            if isinstance(step, dict)
        ]
        if not rows:
            return "—"
        items = format_html_join(
            "", '<li><strong>{}</strong> <span class="tel-muted">{} · {}</span> – {}</li>', rows
        )
        return format_html('<ol class="tel-considered">{}</ol>', items)

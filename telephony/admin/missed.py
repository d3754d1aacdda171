"""Clients who called in vain and wait for a call back."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.contrib.filters.admin import TextFilter
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.actions.click_to_call import CALLERS
from telephony.actions.missed_clients import clear_by_hand
from telephony.admin.calling_back import CallingBack
from telephony.models import MissedClient
from telephony.models.call import tail_of
from telephony.selectors.missed import of_person
from tenants.access import MANAGERS, member_of
from tenants.admin.badges import badge
from tenants.admin.base import LogAdmin
from tenants.models import Role


class StandingFilter(admin.SimpleListFilter):
    """Who still waits is what the page is for; the others are a click away."""

    title = _("state")
    parameter_name = "cleared"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("reached")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": pgettext("missed client", "waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[MissedClient]) -> QuerySet[MissedClient]:
        if self.value() == "all":
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() != "1")


class ExtensionFilter(TextFilter):
    title, parameter_name = _("who should call back"), "extension"

    def queryset(self, request: HttpRequest, queryset: QuerySet[MissedClient]) -> QuerySet[MissedClient]:
        return queryset.filter(extension=self.value().strip()[:10]) if self.value() else queryset


@admin.register(MissedClient)
class MissedPage(CallingBack, ExportButtonMixin, LogAdmin):
    menu_icon = "phone_missed"
    menu_place = 12
    empty_hint = _("Clients who called in vain stand here until somebody has reached them.")
    export_dataset = "missed_clients"
    sees_own = (Role.AGENT,)
    own_roles = {"clear": MANAGERS | {Role.AGENT}, "call_back": CALLERS}
    buttons = {"export": "export", "call_back": "call_back"}
    actions = ("clear_chosen",)
    list_display = ("client", "standing", "since", "missed", "who", "line")
    list_display_links = None
    list_filter = (StandingFilter, ExtensionFilter)
    list_filter_submit = True
    list_select_related = ("cleared_by", "last_call")
    search_fields = ("client_number",)
    search_help_text = _("Number or its last digits")

    class Media:
        css = {"all": ("telephony/calls.css", "telephony/people.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[MissedClient]:
        found: QuerySet[MissedClient] = super().get_queryset(request)
        return of_person(found, member_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MissedClient], search_term: str
    ) -> tuple[QuerySet[MissedClient], bool]:
        digits = tail_of(search_term)[::-1]
        return (queryset.filter(client_number__endswith=digits) if digits else queryset), False

    def has_clear_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "clear")

    @admin.action(description=_("Mark as done: they need no call any more"), permissions=["clear"])
    def clear_chosen(self, request: HttpRequest, queryset: QuerySet[MissedClient]) -> None:
        count = len(clear_by_hand(list(queryset.filter(cleared_at__isnull=True)[:1_000])))
        text = ngettext("%(count)d client is done with.", "%(count)d clients are done with.", count)
        messages.success(request, text % {"count": count})

    @display(description=_("client"))
    def client(self, row: MissedClient) -> SafeString:
        calls = f"{reverse('admin:telephony_call_changelist')}?{urlencode({'q': row.client_number})}"
        return format_html(
            '<div class="tel-cell"><a class="sb-link" href="{}">{}</a><div class="tel-muted">{}</div></div>',
            calls,
            row.client_number,
            row.client_name,
        )

    @display(description=_("state"))
    def standing(self, row: MissedClient) -> SafeString:
        """And how often somebody tried in vain."""
        if not row.is_open:
            shown = badge(row.get_clearing_display(), "good")
        else:
            shown = badge(pgettext("missed client", "waiting"), "bad" if not row.tries else "warn")
        if not row.tries:
            return shown
        tries = ngettext("%(count)d try", "%(count)d tries", row.tries) % {"count": row.tries}
        return format_html('<div class="tel-cell">{}<div class="tel-muted">{}</div></div>', shown, tries)

    @display(description=_("for how long"))
    def since(self, row: MissedClient) -> str:
        """Until they were reached, or until now."""
        return timesince(row.first_missed_at, row.cleared_at or timezone.now(), depth=1)

    @display(description=_("last missed"), ordering="last_missed_at")
    def missed(self, row: MissedClient) -> SafeString:
        """When it was, and how many there were."""
        moment = date_format(timezone.localtime(row.last_missed_at), "SHORT_DATETIME_FORMAT")
        count = ngettext("%(count)d call", "%(count)d calls", row.count) % {"count": row.count}
        return format_html('<div class="tel-cell">{}<div class="tel-muted">{}</div></div>', moment, count)

    @display(description=_("who should call back"))
    def who(self, row: MissedClient) -> str:
        return row.extension or "—"

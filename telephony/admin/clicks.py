"""Clicks: the list, each one's story, and the page that makes one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import FieldTextFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from exports.admin.button import ExportButtonMixin
from integrations.admin.dialling import dial_by
from telephony.actions.click_to_call import CALLERS, Click, request_call
from telephony.admin import badges
from telephony.models import OriginateOrigin, OriginateRequest, OriginateState
from telephony.selectors.clicks import of_person
from tenants.access import member_of
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin
from tenants.models import Extension, Role, Tenant
from tenants.scoping import current_tenant_id

TONES: dict[str, Tone] = {
    OriginateState.TALKING: "good",
    OriginateState.ENDED: "good",
    OriginateState.FAILED: "bad",
    OriginateState.REFUSED: "warn",
}


class CallForm(forms.Form):
    phone = forms.CharField(
        label=_("Number"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a click's story."""

    at: datetime
    text: str
    tone: str = ""


def own_extension(request: HttpRequest) -> Extension | None:
    """The phone that rings first when this person clicks."""
    member = member_of(request)
    return member.extension if member is not None and member.role in CALLERS else None


@dial_by
def call_address(request: HttpRequest, phone: str) -> str:
    """The page that calls this number; empty for whoever cannot call."""
    if not phone or own_extension(request) is None:
        return ""
    return f"{reverse('admin:telephony_originaterequest_call')}?{urlencode({'phone': phone})}"


def steps(click: OriginateRequest) -> list[Step]:
    """What happened, in order."""
    told: list[tuple[datetime | None, Any, str]] = [
        (click.created_at, _("asked for"), ""),
        (click.sent_at, _("sent to the exchange"), ""),
        (click.accepted_at, _("accepted by the exchange"), ""),
        (click.agent_rang_at, _("the colleague's phone rings"), ""),
        (click.agent_answered_at, _("the colleague picked up"), ""),
        (click.client_rang_at, _("the client's phone rings"), ""),
        (click.talked_at, _("talking"), "good"),
    ]
    found = [Step(at, str(text), tone) for at, text, tone in told if at is not None]
    if click.is_over and click.ended_at is not None:
        text = click.reason or str(click.get_state_display())
        found.append(Step(click.ended_at, text, "bad" if click.reason_code else ""))
    return sorted(found, key=lambda step: step.at)


@admin.register(OriginateRequest)
class ClickPage(ExportButtonMixin, LogAdmin):
    menu_icon = "ads_click"
    menu_place = 12
    empty_hint = _("Calls that were begun by a click, in a CRM or here, appear with what became of them.")
    sees_own = (Role.AGENT,)
    own_roles = {"call": CALLERS}
    buttons = {"call": "call", "export": "export"}
    export_dataset = "clicks"
    list_display = (
        "created_at",
        "extension",
        "phone_shown",
        "state_shown",
        "why",
        "origin",
        "requester",
        "call_link",
    )
    list_display_links = ("created_at",)
    list_filter = ("state", "origin", ("extension", FieldTextFilter))
    list_filter_submit = True
    list_select_related = ("call",)
    search_fields = ("phone", "requester")
    search_help_text = _("Number, or who clicked")
    readonly_fields = ("phone_shown", "state_shown", "why", "call_link")
    fields = (
        "phone_shown",
        "extension",
        "state_shown",
        "why",
        "detail",
        "call_link",
        "origin",
        "requester",
        "integration",
        "pbx",
        "asked",
        "outside_id",
        "created_at",
    )
    change_form_outer_before_template = "admin/telephony/click.html"
    list_before_template = "admin/telephony/clicks.html"

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[OriginateRequest]:
        found: QuerySet[OriginateRequest] = super().get_queryset(request)
        return of_person(found, member_of(request))

    def has_call_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "call")

    @display(description=_("client"))
    def phone_shown(self, click: OriginateRequest) -> str:
        return click.phone or click.asked or "—"

    @display(description=_("state"))
    def state_shown(self, click: OriginateRequest) -> SafeString:
        return badge(click.get_state_display(), TONES.get(click.state, "quiet"))

    @display(description=_("why"))
    def why(self, click: OriginateRequest) -> str:
        return click.reason or "—"

    @display(description=_("call"))
    def call_link(self, click: OriginateRequest) -> SafeString | str:
        return badges.call_link(click.call) if click.call is not None else "—"

    def get_urls(self) -> list[URLPattern]:
        own = path("call/", admin.site.admin_view(self.call_view), name="telephony_originaterequest_call")
        return [own, *super().get_urls()]

    def call_view(self, request: HttpRequest) -> HttpResponse:
        """Says where it will ring first; only a POST calls."""
        tenant_id, extension = current_tenant_id(), own_extension(request)
        if not self.has_call_permission(request) or tenant_id is None:
            raise PermissionDenied
        form = CallForm(request.POST or None, initial={"phone": request.GET.get("phone", "")[:64]})
        if request.method == "POST" and extension is not None and form.is_valid():
            return self._call(
                request, Tenant.objects.get(pk=tenant_id), extension, form.cleaned_data["phone"]
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Call a number"),
            "form": form,
            "extension": extension,
        }
        return render(
            request, "admin/telephony/dial.html", {**context, "opts": self.opts, "media": self.media}
        )

    def _call(self, request: HttpRequest, tenant: Tenant, extension: Extension, phone: str) -> HttpResponse:
        member = member_of(request)
        click = request_call(
            tenant,
            Click(
                phone=phone,
                extension=extension.number,
                member_id=member.pk if member else None,
                requester=str(request.user),
                origin=OriginateOrigin.ADMIN,
            ),
        )
        if click.state == OriginateState.REFUSED:
            messages.error(request, click.reason)
            back = f"{reverse('admin:telephony_originaterequest_call')}?{urlencode({'phone': phone})}"
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(reverse("admin:telephony_originaterequest_change", args=[click.pk]))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        can_call = self.has_call_permission(request) and own_extension(request) is not None
        return super().changelist_view(request, {"can_call": can_call, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        click = self.get_object(request, object_id)
        context = {} if click is None else {"click": click, "steps": steps(click)}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

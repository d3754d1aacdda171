"""The page that calls a client back, reached from the list of those who wait."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from telephony.actions.call_back import Caller, NotWaiting, NotYours, call_back
from telephony.models import MissedClient, OriginateOrigin, OriginateState
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.models import Extension, Tenant
from tenants.scoping import current_tenant_id


class CallBackForm(forms.Form):
    """Whose phone rings first, for those who may say so."""

    extension = forms.ChoiceField(
        label=_("Whose phone rings first"), widget=UnfoldAdminSelectWidget, required=False
    )

    def __init__(self, caller: Caller, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not caller.chooses:
            del self.fields["extension"]
            return
        known = Extension.objects.order_by("number").values_list("number", "name")
        choices = [(number, f"{number} {name}".strip()) for number, name in known]
        self.fields["extension"].choices = choices  # type: ignore[attr-defined]

    @property
    def has_phones(self) -> bool:
        """Whether there is any to choose from."""
        return "extension" in self.fields and bool(self.fields["extension"].choices)  # type: ignore[attr-defined]

    @property
    def wanted(self) -> str:
        return str(self.cleaned_data.get("extension") or "")


class CallingBack(AdminPart):
    """Mixed into the page of clients who wait."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.call_back_view)
        own = path("<uuid:key>/call-back/", view, name="telephony_missedclient_call_back")
        return [own, *super().get_urls()]

    def has_call_back_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        admin: Any = self
        return bool(admin.may(request, "call_back"))

    def get_list_display(self, request: HttpRequest) -> Any:
        """The button stands beside the client; viewers have none."""
        shown = list(super().get_list_display(request))
        if self.has_call_back_permission(request):
            shown.insert(1, "call_back_link")
        return shown

    @display(description=_("call back"))
    def call_back_link(self, row: MissedClient) -> SafeString | str:
        if not row.is_open:
            return "—"
        return format_html(
            '<a class="sb-link tel-call" href="{}" aria-label="{}">'
            '<span class="material-symbols-outlined" aria-hidden="true">call</span> {}</a>',
            reverse("admin:telephony_missedclient_call_back", args=[row.pk]),
            _("Call %(client)s back") % {"client": row.client_number},
            _("Call back"),
        )

    def call_back_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Says where it will ring first; only a POST calls."""
        tenant_id = current_tenant_id()
        if not self.has_call_back_permission(request) or tenant_id is None:
            raise PermissionDenied
        row: MissedClient | None = self.get_object(request, str(key))
        if row is None:
            raise Http404
        caller = Caller(name=str(request.user), origin=OriginateOrigin.ADMIN, member=member_of(request))
        usual = {"extension": caller.own_extension or row.extension}
        is_call = request.method == "POST"
        form = CallBackForm(caller, request.POST if is_call else None, initial=usual)
        if is_call and form.is_valid():
            return _called(request, Tenant.objects.get(pk=tenant_id), row, caller, form.wanted)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Call %(client)s back") % {"client": row.client_number},
            "row": row,
            "form": form,
            "own": caller.own_extension,
            "can_call": form.has_phones if caller.chooses else bool(caller.own_extension),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/telephony/call_back.html", context)


def _called(
    request: HttpRequest, tenant: Tenant, row: MissedClient, caller: Caller, extension: str
) -> HttpResponse:
    """To the click's page where it can be watched, or back with the reason in words."""
    back = HttpResponseRedirect(reverse("admin:telephony_missedclient_changelist"))
    try:
        click = call_back(tenant, row, caller, extension)
    except (NotWaiting, NotYours) as error:
        messages.error(request, str(error))
        return back
    if click.state == OriginateState.REFUSED:
        messages.error(request, click.reason)
        return HttpResponseRedirect(reverse("admin:telephony_missedclient_call_back", args=[row.pk]))
    return HttpResponseRedirect(reverse("admin:telephony_originaterequest_change", args=[click.pk]))

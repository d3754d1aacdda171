"""Ending a call that goes on and giving it to a colleague: the page that does it, and the list of what was asked."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from telephony.actions.request_command import NotPossible, Wish, may_steer, request_command, talker
from telephony.admin import badges
from telephony.models import Call, CallCommand, CallPhase, CommandKind, CommandState, OriginateOrigin
from telephony.selectors.commands import of_person
from tenants.access import member_of
from tenants.admin.audited import AdminPart
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin
from tenants.models import Extension, Role

TONES: dict[str, Tone] = {
    CommandState.PENDING: "warn",
    CommandState.DONE: "good",
    CommandState.FAILED: "bad",
}
SHOWN = 10


class TransferForm(forms.Form):
    """To whom; the colleague who has the call already is not offered."""

    extension = forms.ChoiceField(label=_("Colleague"), widget=UnfoldAdminSelectWidget)

    def __init__(self, has_it: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        known = Extension.objects.exclude(number=has_it).order_by("number").values_list("number", "name")
        # Nobody is chosen beforehand: a call is not given to whoever comes first in the list.
        choices = [("", "—"), *((number, f"{number} {name}".strip()) for number, name in known)]
        self.fields["extension"].choices = choices  # type: ignore[attr-defined]


class SteeringPage(AdminPart):
    """Mixed into the page of calls."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.steer_view)
        return [path("<uuid:key>/steer/", view, name="telephony_call_steer"), *super().get_urls()]

    def has_steer_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.may(request, "steer"))

    def steer_address(self, request: HttpRequest, call: Call) -> str:
        """The page that ends or transfers this call; empty for whoever may not, and when it is over."""
        may = self.has_steer_permission(request) and may_steer(call, member_of(request))
        return (
            reverse("admin:telephony_call_steer", args=[call.pk])
            if may and call.phase != CallPhase.ENDED
            else ""
        )

    def steer_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Shows the call and what was asked for it; only a POST does something."""
        if not self.has_steer_permission(request):
            raise PermissionDenied
        call: Call | None = self.get_object(request, str(key))
        if call is None:
            raise Http404
        has_it = talker(call)
        is_transfer = request.method == "POST" and request.POST.get("kind") == CommandKind.TRANSFER
        form = TransferForm(has_it, request.POST if is_transfer else None)
        if request.method == "POST" and (not is_transfer or form.is_valid()):
            wanted = form.cleaned_data["extension"] if is_transfer else ""
            return _asked(request, call, CommandKind.TRANSFER if is_transfer else CommandKind.HANG_UP, wanted)
        names = dict(Extension.objects.values_list("number", "name"))
        commands = CallCommand.objects.filter(call=call)[:SHOWN]
        context = {
            **self.admin_site.each_context(request),
            "title": _("End or transfer the call"),
            "call": call,
            "status_badge": badges.status(call),
            "talks_with": f"{has_it} {names.get(has_it, '')}".strip(),
            "is_alive": call.phase != CallPhase.ENDED,
            "has_colleagues": len(form.fields["extension"].choices) > 1,  # type: ignore[attr-defined]
            "may": may_steer(call, member_of(request)),
            "form": form,
            "commands": [(one, badge(one.get_state_display(), TONES[one.state])) for one in commands],
            "is_pending": any(not one.is_over for one in commands),
            "opts": self.opts,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/telephony/steer.html", context)


def _asked(request: HttpRequest, call: Call, kind: CommandKind, extension: str) -> HttpResponse:
    """Back to the page, where the outcome can be watched, or with the reason in words."""
    wish = Wish(
        kind=kind,
        extension=extension,
        origin=OriginateOrigin.ADMIN,
        requester=str(request.user),
        member=member_of(request),
    )
    try:
        request_command(call, wish)
    except NotPossible as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(reverse("admin:telephony_call_steer", args=[call.pk]))


@admin.register(CallCommand)
class CallCommandPage(LogAdmin):
    menu_icon = "call_end"
    menu_place = 13
    empty_hint = _("Calls that somebody ended or transferred from here appear with what became of that.")
    sees_own = (Role.AGENT,)
    tones = TONES
    list_display = (
        "created_at",
        "kind",
        "call_link",
        "talker",
        "extension",
        "state_label",
        "why",
        "requester",
    )
    list_display_links = ("created_at",)
    list_filter = ("state", "kind", "origin")
    list_select_related = ("call",)
    search_fields = ("requester", "extension")
    search_help_text = _("Who asked, or the extension")
    readonly_fields = ("state_label", "why", "call_link")
    fields = (
        "kind", "call_link", "talker", "extension", "state_label", "why", "detail", "channel", "origin",
        "requester", "created_at", "attempted_at", "settled_at",
    )  # fmt: skip

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallCommand]:
        found: QuerySet[CallCommand] = super().get_queryset(request)
        return of_person(found, member_of(request))

    @display(description=_("why"))
    def why(self, row: CallCommand) -> str:
        return row.reason or "—"

    @display(description=_("call"))
    def call_link(self, row: CallCommand) -> SafeString:
        return badges.call_link(row.call)

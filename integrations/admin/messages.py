"""Messages as a log: what came, what left, what failed and why; and sending again what failed."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from integrations.actions.edit_message import edit_message
from integrations.actions.retry_messages import retry_messages
from integrations.models import Message
from integrations.records import MessageStatus
from tenants.access import MANAGERS
from tenants.admin.badges import Tone
from tenants.admin.base import LogAdmin
from webhooks.admin.confirming import ask_about_chosen

MOST = 10_000


@admin.register(Message)
class MessagePage(ExportButtonMixin, LogAdmin):
    menu_icon = "chat"
    menu_place = 13
    empty_hint = _("Every message from and to a connected messenger appears here.")
    view_roles = MANAGERS
    own_roles = {"retry": MANAGERS}
    buttons = {"export": "export", "retry": "retry", "edit": "retry"}
    export_dataset = "messages"
    tones: ClassVar[Mapping[str, Tone]] = {
        MessageStatus.SENT: "good",
        MessageStatus.QUEUED: "warn",
        MessageStatus.FAILED: "bad",
    }
    list_display = ("created_at", "chat", "way", "said", "state_label", "error")
    list_display_links = ("created_at",)
    list_filter = ("state", "is_from_us")
    list_select_related = ("conversation",)
    actions = ("retry_chosen",)
    readonly_fields = ("chat", "way", "state_label", "story")
    fields = (
        "chat", "way", "sender", "text", "action", "state_label", "error", "attempts", "created_at", "sent_at",
        "edited_at", "outside_id", "story",
    )  # fmt: skip

    class Media:
        css = {"all": ("integrations/integrations.css", "integrations/conversation.css")}

    @display(description=_("conversation"))
    def chat(self, row: Message) -> SafeString:
        url = reverse("admin:integrations_conversation_change", args=[row.conversation_id])
        return format_html('<a class="sb-link" href="{}">{}</a>', url, str(row.conversation))

    @display(description=_("direction"))
    def way(self, row: Message) -> str:
        return str(_("ours") if row.is_from_us else _("theirs"))

    @display(description=_("text"))
    def said(self, row: Message) -> SafeString:
        return format_html('<span class="con-preview">{}</span>', row.text[:120] or row.action or "—")

    def has_retry_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may(request, "retry")

    @admin.action(description=_("Send again what failed"), permissions=["retry"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        failed = Message.objects.filter(
            pk__in=queryset.order_by().values("pk"), state=MessageStatus.FAILED, is_from_us=True
        )
        if "confirmed" in request.POST:
            self._tell(request, retry_messages(list(failed.values_list("id", flat=True)[:MOST])))
            return None
        text = _(
            "Of the chosen messages, %(count)d failed and can be sent again. What may have arrived could arrive twice."
        )
        count = failed[:MOST].count()
        return ask_about_chosen(
            self, request, title=_("Send again"), text=text % {"count": count}, action="retry_chosen"
        )

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:key>/{name}/",
                require_POST(admin.site.admin_view(view)),
                name=f"integrations_message_{name}",
            )
            for name, view in (("retry", self.retry_view), ("edit", self.edit_view))
        ]
        return [*own, *super().get_urls()]

    def retry_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        row = self._own(request, key)
        self._tell(request, retry_messages([row.pk]))
        return _to_talk(row)

    def edit_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        row = self._own(request, key)
        try:
            edit_message(row, request.POST.get("text", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return _to_talk(row)

    def _own(self, request: HttpRequest, key: UUID) -> Message:
        # Through the page's own queryset: another company's message does not exist here.
        row: Message | None = self.get_object(request, str(key))
        if row is None:
            raise Http404
        if not self.has_retry_permission(request):
            raise PermissionDenied
        return row

    def _tell(self, request: HttpRequest, count: int) -> None:
        if count:
            text = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
            messages.success(request, text % {"count": count})
        else:
            messages.warning(request, _("Nothing to send again: only what failed can be."))


def _to_talk(row: Message) -> HttpResponseRedirect:
    page = reverse("admin:integrations_conversation_change", args=[row.conversation_id])
    return HttpResponseRedirect(f"{page}#end")

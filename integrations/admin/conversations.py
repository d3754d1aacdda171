"""Conversations: the list, and a page that reads like a chat, with a box to answer in."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from integrations.actions.edit_message import SHOWN as SHOWN_THERE
from integrations.actions.queue_message import MOST_FILES, Draft, NewFile, queue_message
from integrations.admin.integrations import drawing
from integrations.connectors import connector_of
from integrations.models import Conversation, Message
from integrations.records import AttachmentKind, MessageStatus
from tenants.access import MANAGERS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin
from tenants.models import User

SHOWN = 50
TONES: dict[MessageStatus, Tone] = {
    MessageStatus.SENT: "good",
    MessageStatus.FAILED: "bad",
    MessageStatus.QUEUED: "warn",
}


class WaitingFilter(admin.SimpleListFilter):
    """Those in which the newest message is theirs; a partial index serves it."""

    title = _("answer")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("waits for an answer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return queryset.filter(is_waiting=True) if self.value() else queryset


@admin.register(Conversation)
class ConversationPage(LogAdmin):
    menu_icon = "forum"
    menu_place = 12
    empty_hint = _(
        "Whoever writes to a connected messenger appears here. Connect one under Integrations, such as Telegram."
    )
    view_roles = MANAGERS
    own_roles = {"answer": MANAGERS}
    buttons = {"answer": "answer"}
    list_display = ("who", "last", "state_shown", "moment")
    list_display_links = ("who",)
    list_filter = (WaitingFilter, "is_group", "is_open", "integration")
    list_select_related = ("integration",)
    search_fields = ("title__istartswith", "phone__startswith", "outside_id__startswith")
    search_help_text = _("Beginning of the name, phone (+375…) or id")
    change_form_template = "admin/integrations/conversation.html"

    class Media:
        css = {"all": ("integrations/integrations.css", "integrations/conversation.css")}
        js = ("integrations/conversation.js",)

    @display(description=_("who"))
    def who(self, row: Conversation) -> SafeString:
        return format_html(
            '<span class="int-title"><span class="int-logo" aria-hidden="true">{}</span><span>{}<small>{}</small></span></span>',
            drawing(connector_of(row.integration.connector)),
            str(row),
            row.phone or row.integration.name,
        )

    @display(description=_("last message"))
    def last(self, row: Conversation) -> SafeString:
        return format_html('<span class="con-preview">{}</span>', row.preview or "—")

    @display(description=_("state"))
    def state_shown(self, row: Conversation) -> SafeString:
        if not row.is_open:
            return badge(_("cannot be written to"), "bad")
        return badge(_("waits for an answer"), "warn") if row.is_waiting else badge(_("answered"), "quiet")

    @display(description=_("when"))
    def moment(self, row: Conversation) -> SafeString:
        at = row.last_message_at or row.created_at
        return format_html('<span class="sb-moment">{}</span>', date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(admin.site.admin_view(self.answer_view))
        return [path("<uuid:key>/answer/", view, name="integrations_conversation_answer"), *super().get_urls()]  # fmt: skip

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "answer")

    def answer_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        # Through the page's own queryset: another company's conversation does not exist here.
        row = self.get_object(request, str(key))
        if row is None:
            raise Http404
        if not self.has_answer_permission(request):
            raise PermissionDenied
        draft = Draft(
            text=request.POST.get("text", ""),
            is_marked=request.POST.get("is_marked") == "on",
            files=tuple(
                NewFile(name=one.name or "file", content=one.read(), media_type=one.content_type or "")
                for one in request.FILES.getlist("files")[: MOST_FILES + 1]
            ),
        )
        try:
            queue_message(row, draft, sender=_name(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("admin:integrations_conversation_change", args=[key]) + "#end")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:  # fmt: skip
        row = self.get_object(request, object_id)
        context = {} if row is None else self._page(request, row)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def _page(self, request: HttpRequest, row: Conversation) -> dict[str, Any]:
        bubbles, older = talk(row, request.GET.get("before", ""))
        return {
            "conversation": row,
            "bubbles": bubbles,
            "older": older,
            "is_newest": "before" not in request.GET,
            "is_busy": any(
                one.message.state == MessageStatus.QUEUED or one.message.new_text is not None
                for one in bubbles
            ),
            "can_answer": self.has_answer_permission(request),
            "drawing": drawing(connector_of(row.integration.connector)),
        }


def _name(request: HttpRequest) -> str:
    user = request.user
    return (isinstance(user, User) and user.get_full_name()) or user.get_username()


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message, ready for the page."""

    message: Message
    badge: SafeString
    files: tuple[str, ...]
    retry: str
    edit: str


def talk(row: Conversation, before: str) -> tuple[list[Bubble], str]:
    """The newest messages, or those before one of them, oldest first; and where the ones before begin."""
    rows = Message.objects.filter(conversation=row).order_by("-id")
    try:
        rows = rows.filter(pk__lt=UUID(before)) if before else rows
    except ValueError as error:
        raise Http404 from error
    found = list(rows[: SHOWN + 1])
    older = str(found[SHOWN - 1].pk) if len(found) > SHOWN else ""
    return [_bubble(one) for one in reversed(found[:SHOWN])], older


def _bubble(row: Message) -> Bubble:
    state = MessageStatus(row.state)
    is_failed = state is MessageStatus.FAILED
    return Bubble(
        row,
        badge(state.label, TONES.get(state, "quiet")) if row.is_from_us else SafeString(""),
        tuple(_file(one) for one in row.attachments),
        reverse("admin:integrations_message_retry", args=[row.pk]) if is_failed and row.is_from_us else "",
        reverse("admin:integrations_message_edit", args=[row.pk]) if _may_change(row) else "",
    )


def _may_change(row: Message) -> bool:
    """Whether its text can become another one."""
    return row.is_from_us and row.state in SHOWN_THERE and bool(row.sent_ids) and bool(row.text)


def _file(one: dict[str, Any]) -> str:
    """What it is, and its name."""
    kinds = {kind.value: kind.label for kind in AttachmentKind}
    kind = str(kinds.get(str(one.get("type")), _t("file")))
    return f"{kind}: {one['name']}" if one.get("name") else kind

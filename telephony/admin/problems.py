"""Extensions, people and lines that nobody has matched or described, each with the place where it is mended."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from exports.admin.button import ExportButtonMixin
from telephony.actions.find_problems import OF_LINES, refresh_problems
from telephony.actions.save_line import add_line
from telephony.models import AssignmentProblem, AssignmentTrouble
from tenants.access import ADMINISTRATORS, MANAGERS
from tenants.admin.badges import Tone, badge
from tenants.admin.base import LogAdmin
from tenants.scoping import current_tenant_id

TONES: dict[str, Tone] = {
    AssignmentTrouble.NO_CRM: "bad",
    AssignmentTrouble.SWITCHED_OFF: "bad",
    AssignmentTrouble.NOBODYS: "bad",
    AssignmentTrouble.NOT_KNOWN_THERE: "bad",
    AssignmentTrouble.NOT_LISTED: "warn",
    AssignmentTrouble.NO_EXTENSION: "quiet",
    AssignmentTrouble.LINE_NOT_LISTED: "warn",
    AssignmentTrouble.LINE_NOT_DESCRIBED: "quiet",
}
FIXES = {
    AssignmentTrouble.NO_CRM: _("Connect a CRM"),
    AssignmentTrouble.SWITCHED_OFF: _("Switch it on"),
    AssignmentTrouble.NOBODYS: _("Say whose extension it is"),
    AssignmentTrouble.NO_EXTENSION: _("Give them an extension"),
    AssignmentTrouble.NOT_KNOWN_THERE: _("Load the users again and assign it anew"),
    AssignmentTrouble.NOT_LISTED: _("Add it to the extensions"),
    AssignmentTrouble.LINE_NOT_LISTED: _("Add it to the lines"),
    AssignmentTrouble.LINE_NOT_DESCRIBED: _("Say what it is called, and who hears of it"),
}


def place_of_fix(one: AssignmentProblem) -> str:
    """Where it is mended."""
    if one.trouble == AssignmentTrouble.NOT_LISTED:
        return f"{reverse('admin:tenants_extension_add')}?{urlencode({'number': one.subject})}"
    if one.trouble in OF_LINES:
        return f"{reverse('admin:telephony_line_changelist')}?{urlencode({'q': one.subject})}"
    if one.integration is not None:
        return reverse("admin:integrations_integration_change", args=[one.integration_id])
    return reverse("admin:integrations_integration_changelist")


@admin.register(AssignmentProblem)
class ProblemPage(ExportButtonMixin, LogAdmin):
    menu_icon = "link_off"
    menu_place = 35
    empty_hint = _(
        "Everything fits: each extension that rang belongs to somebody in the CRM, and each line is known."
    )
    view_roles = MANAGERS
    own_roles = {"describe_line": ADMINISTRATORS}
    buttons = {"export": "export", "describe_line": "describe_line"}
    export_dataset = "assignment_problems"
    list_display = ("trouble_shown", "subject", "name", "integration_shown", "calls", "fix")
    list_display_links = None
    list_filter = ("trouble", "integration")
    list_select_related = ("integration",)

    class Media:
        css = {"all": ("telephony/calls.css",)}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What stands here was found just now: whoever has mended something wants to see it gone."""
        tenant_id = current_tenant_id()
        if tenant_id is not None and self.has_view_permission(request):
            refresh_problems(tenant_id)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        view = require_POST(self.admin_site.admin_view(self.describe_line_view))
        own = path("<uuid:key>/describe-line/", view, name="telephony_assignmentproblem_describe_line")
        return [own, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        """Whoever may add a line does so by one click; everybody else is led to where it is mended."""
        shown = super().get_list_display(request)
        return ["fix_now" if name == "fix" and self.may(request, "describe_line") else name for name in shown]

    def describe_line_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Adds the line to the list, where it is not there yet, and leads to its page."""
        if not self.may(request, "describe_line"):
            raise PermissionDenied
        one: AssignmentProblem | None = self.get_object(request, str(key))
        if one is None:
            raise Http404
        if one.trouble not in OF_LINES:
            return HttpResponseRedirect(place_of_fix(one))  # mended elsewhere
        line = add_line(one.tenant_id, one.subject)
        messages.success(
            request, _("The line %(line)s is in the list. What is it called?") % {"line": line.number}
        )
        return HttpResponseRedirect(reverse("admin:telephony_line_change", args=[line.pk]))

    @display(description=_("what is wrong"))
    def trouble_shown(self, one: AssignmentProblem) -> SafeString:
        return badge(one.get_trouble_display(), TONES.get(one.trouble, "warn"))

    @display(description=_("integration"))
    def integration_shown(self, one: AssignmentProblem) -> str:
        return one.integration.name if one.integration else "—"

    @display(description=_("what to do"))
    def fix(self, one: AssignmentProblem) -> SafeString:
        words = FIXES.get(AssignmentTrouble(one.trouble), "")
        return format_html('<a class="sb-link" href="{}">{}</a>', place_of_fix(one), words)

    @display(description=_("what to do"))
    def fix_now(self, one: AssignmentProblem) -> SafeString:
        """A button of the list's own form, which carries the token that a POST needs."""
        if one.trouble not in OF_LINES:
            return self.fix(one)
        return format_html(
            '<button type="submit" class="sb-link" formaction="{}">{}</button>',
            reverse("admin:telephony_assignmentproblem_describe_line", args=[one.pk]),
            FIXES[AssignmentTrouble(one.trouble)],
        )

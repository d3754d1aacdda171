"""Alerts of the installation, for its operators: the list of them, and those that last on the first page."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.access import NOBODY, is_operator
from tenants.admin.badges import Tone, badge
from tenants.admin.base import SwitchboardAdmin
from tenants.admin.dashboard import Attention, needs_attention
from tenants.installation.watch import running
from tenants.models import Severity, SystemAlert

_TONES: Mapping[str, Tone] = {Severity.CRITICAL: "bad", Severity.WARNING: "warn"}


@admin.register(SystemAlert)
class SystemAlertPage(SwitchboardAdmin):
    menu_icon = "e911_emergency"
    menu_place = 560
    append_only = True
    view_roles = write_roles = NOBODY
    empty_hint = _(
        "Nothing was wrong. The database, the broker, workers, disks and what waits are looked at twice a minute."
    )
    list_display = ("what", "severity_label", "since", "end", "detail")
    list_filter = ("severity",)
    ordering: ClassVar[Any] = ("-since",)
    fieldsets = ((None, {"fields": ("what", "code", "severity", "since", "end", "told_at", "detail")}),)
    readonly_fields = ("what", "end")

    def get_queryset(self, request: HttpRequest) -> Any:
        """What was too short to be told is nobody's business."""
        return super().get_queryset(request).filter(told_at__isnull=False)

    @admin.display(description=_("what"))
    def what(self, row: SystemAlert) -> str:
        return str(row)

    @admin.display(description=_("severity"), ordering="severity")
    def severity_label(self, row: SystemAlert) -> SafeString:
        return badge(row.get_severity_display(), "quiet" if row.is_over else _TONES[row.severity])

    @admin.display(description=_("end"), ordering="ended_at")
    def end(self, row: SystemAlert) -> Any:
        return row.ended_at or gettext("it lasts")


@needs_attention
def installation(request: HttpRequest) -> list[Attention]:
    """For operators only: companies are not told of the installation here."""
    if not is_operator(request):
        return []
    page = reverse("admin:tenants_systemalert_changelist")
    return [
        Attention(
            gettext("%(what)s, since %(since)s")
            % {
                "what": alert,
                "since": date_format(timezone.localtime(alert.since), "SHORT_DATETIME_FORMAT"),
            },
            page,
            "bad" if alert.severity == Severity.CRITICAL else "warn",
        )
        for alert in running()[:10]
    ]

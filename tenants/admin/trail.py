"""The audit trail, for looking only."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_celery_beat import models as beat

from tenants.access import ADMINISTRATORS
from tenants.admin.base import LogAdmin
from tenants.models import AuditEntry

for _model in (
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)  # the installation's own schedules are not a tenant's to change


@admin.register(AuditEntry)
class AuditPage(LogAdmin):
    menu_icon = "policy"
    menu_place = 540
    empty_hint = _("Every change that a person or a program makes leaves an entry here.")
    list_display = ("created_at", "actor", "actor_kind", "action", "object_name", "address")
    list_filter = ("actor_kind",)
    search_fields = ("action", "actor", "object_name")
    search_help_text = _("Action, person or object")
    view_roles = ADMINISTRATORS
    exclude = ()

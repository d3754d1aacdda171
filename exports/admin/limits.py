"""Limits of exports: the operator's page, of which companies see nothing."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from exports.admin.sizes import SizeField
from exports.models import LIMITS, ExportLimits
from tenants.access import NOBODY
from tenants.admin.base import TenantAdmin

SIZES = ("max_file_size", "max_kept_size")


class LimitsForm(forms.ModelForm[ExportLimits]):
    class Meta:
        model = ExportLimits
        fields: ClassVar[Any] = LIMITS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in SIZES:
            described: Any = ExportLimits._meta.get_field(name)
            self.fields[name] = SizeField(
                label=capfirst(described.verbose_name), help_text=described.help_text, required=False
            )

    def clean(self) -> Any:
        if self.instance._state.adding and ExportLimits.objects.exists():
            raise ValidationError(_("The company has limits already: change them."))
        return super().clean()


@admin.register(ExportLimits)
class ExportLimitsPage(TenantAdmin):
    menu_icon = "speed"
    menu_place = 405
    view_roles = write_roles = NOBODY
    empty_hint = _("A company without limits of its own has those of the installation (EXPORT_…).")
    form = LimitsForm
    list_display = (
        "__str__",
        "max_rows",
        "file_size",
        "concurrent",
        "max_unfinished",
        "retention_hours",
        "kept_size",
        "updated_at",
    )
    fieldsets = (
        (
            _("One file"),
            {
                "fields": ("max_rows", "max_file_size", "retention_hours"),
                "description": _("What is left empty is as the installation has it."),
            },
        ),
        (_("All of the company"), {"fields": ("concurrent", "max_unfinished", "max_kept_size")}),
    )

    @admin.display(description=_("size of a file"))
    def file_size(self, row: ExportLimits) -> str | None:
        return filesizeformat(row.max_file_size) if row.max_file_size else None

    @admin.display(description=_("size of all kept files"))
    def kept_size(self, row: ExportLimits) -> str | None:
        return filesizeformat(row.max_kept_size) if row.max_kept_size else None

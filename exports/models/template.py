"""A company's saved choice of columns: what is exported, under which headings, in which format."""

from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from exports.refusals import InvalidRequest
from tenants.models.base import TenantModel

PARTS: Final = ("dataset", "format", "options", "filters", "columns", "language")


class ExportTemplate(TenantModel):
    """Columns as in exports/chosen.py; none means those that the dataset has by default. Without `language`, that of whoever asks."""

    name = models.CharField(_("name"), max_length=100)
    dataset = models.CharField(_("data"), max_length=100)
    format = models.CharField(_("format"), max_length=20, default="xlsx")
    options = models.JSONField(_("format options"), default=dict, blank=True)
    filters = models.JSONField(_("filters"), default=dict, blank=True)
    columns = models.JSONField(_("columns"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="export_template_name")]

    def __str__(self) -> str:
        return self.name

    def asked(self) -> dict[str, Any]:
        """What an export by this template asks for, as `Export.asked()` has it."""
        return {name: getattr(self, name) for name in PARTS}

    def clean(self) -> None:
        """ValidationError keyed by the field, such as `columns.margin`."""
        from exports.request import ExportRequest

        try:
            wanted = ExportRequest.of(self.asked()).check(self.tenant.zone).to_be_kept()
        except InvalidRequest as error:
            raise ValidationError({error.field: error.message}) from error
        former = type(self).objects.filter(pk=self.pk).values_list("dataset", flat=True).first()
        if former not in (None, self.dataset):
            raise ValidationError({"dataset": _("This cannot be changed: make another template.")})
        self.columns = list(wanted.columns) if self.columns else []
        self.options, self.filters = dict(wanted.options), dict(wanted.filters)

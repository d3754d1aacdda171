"""What one company may use of exports."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel

LONGEST_RETENTION = 10 * 366 * 24
MOST_AT_A_TIME = 100
MOST_UNFINISHED = 100_000


def _at_least_one(most: int | None = None) -> dict[str, Any]:
    """Of every limit: a number, or nothing, which stands for the installation's."""
    upper = [MaxValueValidator(most)] if most else []
    return {"null": True, "blank": True, "validators": [MinValueValidator(1), *upper]}


class ExportLimits(TenantModel):
    """What a company has at most once. An empty limit is the installation's; sizes are bytes."""

    max_rows = models.PositiveBigIntegerField(_("rows in a file"), **_at_least_one())
    max_file_size = models.PositiveBigIntegerField(
        _("size of a file"),
        help_text=_("Bytes, or with a unit: 500 MB, 2 GB."),
        **_at_least_one(),
    )
    concurrent = models.PositiveSmallIntegerField(
        _("exports at a time"),
        help_text=_("Further ones wait. However many they are, a worker keeps room for other companies."),
        **_at_least_one(MOST_AT_A_TIME),
    )
    max_unfinished = models.PositiveIntegerField(
        _("exports that run or wait"),
        help_text=_("Beyond that, new ones are refused."),
        **_at_least_one(MOST_UNFINISHED),
    )
    retention_hours = models.PositiveIntegerField(
        _("hours that a file is kept"),
        help_text=_("Of files that are made from now on."),
        **_at_least_one(LONGEST_RETENTION),
    )
    max_kept_size = models.PositiveBigIntegerField(
        _("size of all kept files"),
        help_text=_("Bytes, or with a unit: 500 MB, 2 GB. Beyond that, no file is made until others expire."),
        **_at_least_one(),
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("limits of exports")
        verbose_name_plural = _("limits of exports")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="export_limits_once")]

    def __str__(self) -> str:
        return str(_("Limits of exports"))


LIMITS = ("max_rows", "max_file_size", "concurrent", "max_unfinished", "retention_hours", "max_kept_size")

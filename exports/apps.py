"""The exports app. Its events, lanes and checks, and every room's datasets, are found by their file names at start."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    name = "exports"
    verbose_name = _("Exports")

    def ready(self) -> None:
        from exports import rules  # noqa: F401 the datasets' part of the permission matrix
        from exports.mails import lane as mails  # noqa: F401 lanes beside the one that writes files
        from exports.schedules import lane as schedules  # noqa: F401

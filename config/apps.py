"""The installation as a Django app, so that it can hold management commands and checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstallationConfig(AppConfig):
    name = "config"
    label = "installation"
    verbose_name = _("Installation")

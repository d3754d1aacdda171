"""The installation as a Django app, so that it can hold management commands and checks."""

import gc

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstallationConfig(AppConfig):
    name = "config"
    label = "installation"
    verbose_name = _("Installation")

    def ready(self) -> None:
        """Everything is loaded: from now on garbage is collected, but never looked for in modules and classes."""
        gc.freeze()
        gc.enable()

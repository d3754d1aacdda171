"""Calls: the exchange's events in, CRM pop-ups and history out."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = _("Telephony")

    def ready(self) -> None:
        from telephony.ingest.handlers import register_paths

        register_paths()

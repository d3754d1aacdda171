"""Calls: the exchange's events in, CRM pop-ups and history out."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TelephonyConfig(AppConfig):
    name = "telephony"
    verbose_name = _("Telephony")

    def ready(self) -> None:
        import telephony.metrics  # noqa: F401 it registers
        from integrations.endings import register_endings
        from telephony.actions.receive_click import register as register_clicks
        from telephony.endings import of_notifications
        from telephony.ingest.handlers import Ingest, register_paths
        from telephony.redirect import handlers as redirect

        register_endings(of_notifications)
        register_clicks()
        ingest = Ingest()
        register_paths(ingest)
        redirect.register_paths(ingest.tokens)

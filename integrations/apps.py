"""The room's start: connectors are discovered and frozen."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = _("Integrations")

    def ready(self) -> None:
        from integrations import connectors
        from integrations.actions import alert_members, receive_messages
        from integrations.hook_owner import register_owner
        from integrations.sync.receiving import register as register_receivers

        connectors.registry()
        register_owner()
        register_receivers()
        receive_messages.register()
        alert_members.register()

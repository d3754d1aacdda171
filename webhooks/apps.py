"""The webhooks app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WebhooksConfig(AppConfig):
    name = "webhooks"
    verbose_name = _("Webhooks")

    def ready(self) -> None:
        import webhooks.metrics  # noqa: F401 it registers
        from webhooks.ingest.receive import register_paths

        register_paths()

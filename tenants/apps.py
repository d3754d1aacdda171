"""The tenants app, and the admin site that all apps share."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Companies and access")

    def ready(self) -> None:
        # What apps declare where it lives; every app has the same file names.
        autodiscover_modules("events", "lanes", "datasets", "figures", "configuration", "checks")
        from config import front
        from tenants import (
            among,
            event_types,  # noqa: F401 this room's own; `tenants.events` is the log itself
        )
        from tenants.changes import follower
        from tenants.configuration import api_keys, own  # noqa: F401 this room's own sections
        from tenants.installation import health, metrics, probes  # noqa: F401 what registers itself
        from tenants.installation.service import watcher
        from tenants.postgresql.row_security import protect_after_migrations
        from tenants.trail import events, people, triggers  # noqa: F401 sign-ins are audited by signals
        from tenants.work import host  # noqa: F401 connects to the worker's signals

        among.register()
        front.register_service(follower)
        front.register_service(watcher)
        post_migrate.connect(triggers.install_after_migrate, sender=self, dispatch_uid="audit-triggers")
        post_migrate.connect(protect_after_migrations, dispatch_uid="row security")


class SwitchboardAdminConfig(AdminConfig):
    default_site = "tenants.site.SwitchboardSite"

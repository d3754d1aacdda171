"""The door as a Django app of its own, with its tables."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "tenants.signin"
    label = "signin"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from tenants.signin import trail  # noqa: F401 connects to allauth's signals

"""The door as a Django app of its own, with its tables."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    name = "tenants.signin"
    label = "signin"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        from allauth.mfa.models import Authenticator

        from tenants.rotation import Column, also_rotate
        from tenants.signin import trail  # noqa: F401 connects to allauth's signals
        from tenants.signin.adapters import SEAL_CONTEXT
        from tenants.signin.models import Session
        from tenants.signin.sessions import CONTEXT

        also_rotate(Column(Session, "session_data", CONTEXT))
        also_rotate(Column(Authenticator, "data", SEAL_CONTEXT, is_embedded=True))

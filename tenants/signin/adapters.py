"""How allauth finds its way in this installation: no sign-up, our own look, keys sealed, requests through the gate."""

from typing import Any, cast
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from config import keyring
from tenants.access import chosen_member
from tenants.models import User
from tenants.signin import devices
from tenants.signin.people import check_admitted
from tenants.signin.sessions import note_client

SEAL_CONTEXT = "mfa.Authenticator.data"
SILENT = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in for people who exist already."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        """Whatever showed who they are: only those who may come in."""
        try:
            check_admitted(cast(User, user))
        except ValidationError as error:
            clear_login(request)
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse("account_login"))
        return super().pre_login(request, user, **options)

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        member = chosen_member(user, None)
        note_client(request, member.tenant_id if member else None)
        devices.remember_device(request, user)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        if message_template not in SILENT:
            super().add_message(request, level, message_template, *args, **options)

    def send_mail(self, *args: Any, **options: Any) -> None:
        """Nothing is mailed: people here need no address."""


class TwoFactorAdapter(DefaultMFAAdapter):
    """Seeds are sealed by the key ring; the relying party is the name under which people know the installation."""

    def encrypt(self, text: str) -> str:
        return keyring.seal(text.encode(), SEAL_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return keyring.open_(encrypted_text, SEAL_CONTEXT).decode()

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.get_username())

    def _get_site_name(self) -> str:
        return "Switchboard"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        # A Host header that somebody invented must not make a passkey for another name.
        host = urlsplit(settings.PUBLIC_URL).hostname if settings.IS_HTTPS else None
        return {"id": host or context.request.get_host().partition(":")[0], "name": self._get_site_name()}

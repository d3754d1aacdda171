"""Connecting an account by OAuth2: the buttons, the way back, and what the page says of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Case, F, Q, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from integrations.actions.connect_account import (
    begin_authorization,
    disconnect_account,
    finish_authorization,
    oauth_of,
    take_authorization,
    way_of,
)
from integrations.actions.test_connection import diagnose
from integrations.admin.diagnoses import keep_diagnosis
from integrations.connector import Connector
from integrations.connectors import registry
from integrations.http.oauth.asking import callback_url
from integrations.models import Authorization, Health, Integration, OAuthToken
from tenants.errors import HubError
from tenants.models import User

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Account:
    """What the page says of an account that people connect."""

    callback_url: str
    is_fixed: bool
    is_connected: bool = False
    connected_at: datetime | None = None
    expires_at: datetime | None = None
    refusal: str = ""

    @property
    def is_expiring(self) -> bool:
        return self.expires_at is not None and self.expires_at < timezone.now() + SOON

    @property
    def works(self) -> bool:
        return self.is_fixed or (self.is_connected and not self.refusal)


def account_of(row: Integration) -> Account | None:
    """None for systems that are connected by what is entered."""
    auth = oauth_of(row)
    if auth is None:
        return None
    is_fixed = bool(auth.fixed(row.credentials))
    token = (
        OAuthToken.objects.filter(integration=row).defer("access_token", "refresh_token", "extras").first()
    )
    if token is None:
        return Account(callback_url(), is_fixed)
    return Account(
        callback_url(), is_fixed, True, token.obtained_at, token.refresh_expires_at, token.refusal
    )  # fmt: skip


def unconnected_credentials() -> Case:
    """The credentials of integrations that nobody has tried, and whose account nobody has connected; of others nothing.

    Whether such an account waits for somebody shows in them: a long-lived token may stand there. An annotation, called
    `unconnected`.
    """
    sealed = Integration._meta.get_field("credentials")
    systems = [code for code, one in registry().items() if way_of(one) is not None]
    waiting = Q(connector__in=systems, health=Health.UNKNOWN, token=None)
    return Case(When(waiting, then=F("credentials")), output_field=sealed)


def waits_for_somebody(row: Integration) -> bool:
    """Whether its account has to be connected, and nobody did: of a row with `unconnected`."""
    auth, entered = oauth_of(row), getattr(row, "unconnected", None)
    return auth is not None and entered is not None and not auth.fixed(entered)


def callback_of(connector: Connector) -> str:
    """What is entered at the outside system before there is an integration; empty where nothing is."""
    return callback_url() if way_of(connector) else ""


def connect(request: HttpRequest, row: Integration) -> HttpResponse:
    """Off to the outside system."""
    session_key = request.session.session_key
    assert session_key is not None  # whoever is signed in has one
    url = begin_authorization(row, cast(User, request.user), session_key)
    # A page instead of a redirect: `form-action 'self'` would stop the browser from following one to another site.
    return render(request, "signin/leave.html", {"url": url})


def disconnect(request: HttpRequest, row: Integration) -> None:
    disconnect_account(row)
    messages.success(request, _("The account is disconnected: its tokens are forgotten here."))


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from there, with a code or with the reason why there is none."""
    told = {name: value for name, value in request.GET.items() if isinstance(value, str)}
    begun = take_authorization(
        told.get("state", ""), cast(User, request.user), request.session.session_key or ""
    )
    row = _row_of(request, begun)
    if begun is None or row is None:
        return render(request, "integrations/connect_over.html", status=400)
    try:
        finish_authorization(begun, told)
    except HubError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The account is connected."))
        keep_diagnosis(request, row, diagnose(row))
    return HttpResponseRedirect(reverse("admin:integrations_integration_change", args=[row.pk]))


def _row_of(request: HttpRequest, begun: Authorization | None) -> Integration | None:
    """The integration, if whoever came back may still change it, in the company that they work in now."""
    if begun is None:
        return None
    page: Any = admin.site._registry[Integration]
    row: Integration | None = page.get_object(request, str(begun.integration_id))
    return row if row is not None and page.has_change_permission(request, row) else None


oauth_callback = admin.site.admin_view(callback)

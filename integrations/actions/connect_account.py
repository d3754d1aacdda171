"""Lets us into an account of an outside system by OAuth2: to it with a secret of this session, and back once."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import live as configurations
from integrations.actions.save_integration import judge_anew
from integrations.connector import Connector
from integrations.connectors import connector_of
from integrations.http.auth import Grant, OAuth2
from integrations.http.oauth import asking
from integrations.http.oauth.answers import Granted, checked_address
from integrations.models import Authorization, Integration, OAuthToken
from integrations.sessions import open_session
from tenants import audit
from tenants.errors import ConfigError
from tenants.granting import plain
from tenants.models import User
from tenants.models.api_key import digest
from tenants.scoping import all_tenants, tenant_scope

LASTS: Final = timedelta(minutes=10)
SECONDS: Final = 30.0


def oauth_of(row: Integration) -> OAuth2 | None:
    """How that system lets people connect their account; None where keys are entered instead."""
    return way_of(connector_of(row.connector))


def way_of(connector: Connector) -> OAuth2 | None:
    """The same before there is an integration."""
    auth = connector.manifest.auth
    return auth if isinstance(auth, OAuth2) and auth.grant is Grant.AUTHORIZATION_CODE else None


@transaction.atomic
def begin_authorization(row: Integration, user: User, session_key: str) -> str:
    """The address where that person allows us in; ConfigError when something has to be entered before."""
    auth = oauth_of(row)
    if auth is None:
        raise ConfigError(_("This system is connected with the keys that are entered here."))
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    url = asking.authorize_url(auth, _base(row), row.credentials, state, challenge)
    Authorization.objects.create(
        tenant_id=row.tenant_id,
        integration=row,
        user=user,
        digest=digest(state),
        session_digest=digest(session_key),
        pkce_secret=verifier if auth.uses_pkce else "",
        expires_at=timezone.now() + LASTS,
    )
    audit.record("integration.connecting", row)
    return url


def take_authorization(state: str, user: User, session_key: str) -> Authorization | None:
    """What was begun with that state, used up now; None for another person, another session, too late, or a second time."""
    now = timezone.now()
    with all_tenants():  # the state alone says of which company it is
        row = (
            Authorization.objects.select_related("integration__tenant")
            .filter(digest=digest(state), user=user, session_digest=digest(session_key))
            .first()
        )
    if row is None:
        return None
    with tenant_scope(row.tenant_id):
        usable = Authorization.objects.filter(pk=row.pk, used_at__isnull=True, expires_at__gt=now)
        return row if usable.update(used_at=now) else None


def finish_authorization(begun: Authorization, told: Mapping[str, str]) -> None:
    """Exchange the code of the callback for tokens and keep them; HubError says what went wrong there.

    `told` are all parameters of the callback. No transaction is open.
    """
    row = begun.integration
    auth = oauth_of(row)
    if auth is None:
        raise ConfigError(_("This system is connected with the keys that are entered here."))
    if told.get("error"):
        raise _not_allowed(told)
    code = told.get("code", "")
    if not code:
        raise ConfigError(_("The outside system sent nobody's permission: press Connect again."))
    extras = dict(auth.read_callback(told, row.settings)) if auth.read_callback else {}
    base = extras.get(auth.base_url_from, "")
    if base:
        base = extras[auth.base_url_from] = checked_address(base, row.tenant.egress_allow)
    with open_session(row.pk, seconds=SECONDS, is_probe=True) as session:
        tokens = session.http.tokens
        if tokens is None:
            raise ConfigError(_("A token was entered by hand: remove it to connect the account."))
        new = tokens.exchange(asking.for_code(code, begun.pkce_secret), "connect", base)
    keep_tokens(row, new, extras)


@transaction.atomic
def keep_tokens(row: Integration, new: Granted, extras: Mapping[str, str]) -> None:
    """The account is connected with these tokens from now on, whatever was there before."""
    row = Integration.objects.select_for_update().get(pk=row.pk)
    former = OAuthToken.objects.filter(integration=row).first()
    now = timezone.now()
    values: dict[str, Any] = {
        "access_token": new.access,
        "refresh_token": new.refresh,
        "can_refresh": bool(new.refresh),
        "extras": {**extras, **new.extras},
        # Never a number that was there before: somebody may still renew a former one.
        "version": (former.version if former else 0) + 1,
        "obtained_at": now,
        "renewed_at": now,
        "expires_at": new.expires_at,
        "refresh_expires_at": new.refresh_expires_at,
        "lease": None,
        "lease_until": None,
        "failures": 0,
        "refusal": "",
        "doubted_at": None,
    }
    OAuthToken.objects.update_or_create(
        integration=row, defaults=values, create_defaults={**values, "tenant_id": row.tenant_id}
    )
    # Without a refresh token the access ends with its token.
    row.credentials_expire_at = new.refresh_expires_at if new.refresh else new.expires_at
    _change(row, "integration.connected")


@transaction.atomic
def disconnect_account(row: Integration) -> None:
    """Forget the tokens. The outside system is not told: what it granted is taken back there."""
    row = Integration.objects.select_for_update().get(pk=row.pk)
    count, _rows = OAuthToken.objects.filter(integration=row).delete()
    Authorization.objects.filter(integration=row, used_at__isnull=True).delete()
    if count:
        row.credentials_expire_at = None
        _change(row, "integration.disconnected")


def _change(row: Integration, verb: str) -> None:
    judge_anew(row)
    row.version += 1
    row.save()
    audit.record(verb, row)
    configurations.forget(row.tenant_id)


def _base(row: Integration) -> str:
    manifest = connector_of(row.connector).manifest
    return (
        str(row.settings.get(manifest.base_url_setting, ""))
        if manifest.base_url_setting
        else manifest.base_url
    )


def _not_allowed(told: Mapping[str, str]) -> ConfigError:
    code = plain(told["error"])
    if code == "access_denied":
        return ConfigError(_("Nothing was connected: access was not allowed there."), detail=code)
    why = plain(told.get("error_description") or code)
    return ConfigError(
        _("Nothing was connected; the outside system says: %(why)s") % {"why": why}, detail=code
    )

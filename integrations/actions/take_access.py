"""Takes what an outside system hands over when somebody installs or switches us on there: tokens, keys, addresses."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import live as configurations
from integrations.actions.connect_account import keep_tokens, way_of
from integrations.actions.save_integration import update_integration
from integrations.capabilities.base import Text
from integrations.connectors import connector_of
from integrations.hooks import Admitted, Granted
from integrations.http.oauth import answers
from integrations.models import Integration, OAuthToken
from integrations.receivers import Hook
from tenants.errors import ConfigError, HubError, RemoteRejected, Unsupported
from tenants.granting import is_sound_token


def take_access(hook: Hook, admitted: Admitted) -> Text:
    """What was done, in words; HubError when it is for another account, or is not what can be kept."""
    row = Integration.objects.select_related("tenant").get(pk=hook.integration_id)
    _check_account(row, admitted.account)
    if admitted.granted is not None:
        _keep(row, hook, admitted.granted)
    if admitted.settings or admitted.credentials:
        _enter(row, admitted)
    return _("What it handed over is kept: the connection can be used.")


def end_access(hook: Hook, reason: str) -> None:
    """The tokens of before are worth nothing any more, so nothing is asked with them until somebody connects it again."""
    tokens = OAuthToken.objects.filter(integration_id=hook.integration_id)
    tokens = tokens.exclude(obtained_at__gt=hook.received_at)
    if tokens.update(refusal=answers.plain(reason)):
        configurations.forget(hook.tenant_id)


def _check_account(row: Integration, account: str) -> None:
    """The key that was handed over goes to the address that was entered here, so it must be that one's."""
    manifest = connector_of(row.connector).manifest
    entered = urlsplit(str(row.settings.get(manifest.base_url_setting, "")))
    try:
        named = urlsplit(account)
    except ValueError as error:
        raise RemoteRejected(_("It does not say of which account it is.")) from error
    if (named.scheme or entered.scheme, named.netloc.lower()) != (entered.scheme, entered.netloc.lower()):
        raise ConfigError(
            _("It comes from another account than the one that is entered here: %(account)s.")
            % {"account": named.netloc[:100] or "—"}
        )


@transaction.atomic
def _keep(row: Integration, hook: Hook, granted: Granted) -> None:
    auth = way_of(connector_of(row.connector))
    if auth is None:
        raise Unsupported(_("This system is connected with the keys that are entered here."))
    former = OAuthToken.objects.filter(integration=row).first()
    if former is not None and former.obtained_at is not None and former.obtained_at > hook.received_at:
        # Handled late, or again: what has been connected since is newer.
        raise Unsupported(_("The account has been connected anew since."))
    member = former.extras.get("member_id", "") if former else ""
    if member and granted.kept.get("member_id", member) != member:
        raise ConfigError(_("The account at this address is another one now: connect it by hand."))
    for token in (granted.access, granted.refresh):
        if token and not is_sound_token(token):
            raise RemoteRejected(_("The outside system answered in a form that we do not know."))
    now = timezone.now()
    life = timedelta(days=auth.refresh_days)
    new = answers.Granted(
        access=granted.access,
        refresh=granted.refresh,
        expires_at=None if granted.seconds is None else now + timedelta(seconds=granted.seconds),
        refresh_expires_at=now + life if granted.refresh and life else None,
        extras={},
    )
    keep_tokens(row, new, granted.kept)
    # Whatever was subscribed is lost with a new installation: it is looked at with the next round of checks.
    Integration.objects.filter(pk=row.pk).update(hooks_checked_at=None, next_check_at=now)


def _enter(row: Integration, admitted: Admitted) -> None:
    settings: dict[str, Any] = {**row.settings, **admitted.settings}
    try:
        update_integration(row, settings=settings, credentials=dict(admitted.credentials))
    except ValidationError as error:
        raise _refused(error) from error


def _refused(error: ValidationError) -> HubError:
    return RemoteRejected(
        _("What it handed over cannot be used: %(why)s") % {"why": " ".join(error.messages)[:300]}
    )

"""Tries an integration's connection because a person asked, and says in plain words how it is."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Account, Check, CheckState, Diagnosis
from integrations.connector import Connector, Session
from integrations.models import Integration
from integrations.sessions import open_draft, open_session
from tenants import audit
from tenants.errors import HubError
from tenants.models import Tenant

SECONDS = 15.0


def diagnose(integration: Integration) -> Diagnosis:
    """The diagnosis of a saved integration; its exchanges and health are recorded."""
    with open_session(integration.pk, seconds=SECONDS, is_probe=True) as session:
        found = _try(session)
    audit.record("integration.tested", integration, after={"works": found.works})
    return found


def diagnose_draft(
    tenant: Tenant, connector: Connector, settings: Mapping[str, Any], credentials: Mapping[str, Any]
) -> Diagnosis:
    """The diagnosis of values that are not saved yet."""
    with open_draft(tenant, connector, settings, credentials, seconds=SECONDS) as session:
        return _try(session)


def _try(session: Session) -> Diagnosis:
    try:
        return session.require(Account).test_connection()
    except HubError as error:
        return Diagnosis(
            _("The connection does not work."),
            (Check(_("Connection"), CheckState.FAILED, error.message),),  # type: ignore[arg-type]  # translated already
        )

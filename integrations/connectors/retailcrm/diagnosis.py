"""The connection test: one check after the other, each in plain words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.capabilities.base import Text
from integrations.connectors.retailcrm.client import RetailCrm
from integrations.connectors.retailcrm.mapping import account_zone, may
from tenants.errors import HubError

_RIGHTS: tuple[tuple[Text, str, str], ...] = (
    (_("Show pop-ups"), "/telephony/call/event", "telephony_write"),
    (_("Write the call history"), "/telephony/calls/upload", "telephony_write"),
    (_("Read users"), "/users", "user_read"),
    (_("Read customers"), "/customers", "customer_read"),
    (_("Read corporate customers"), "/customers-corporate", "customer_read"),
    (_("Read orders"), "/orders", "order_read"),
    (_("Register the telephony module"), "/integration-modules/{code}/edit", "integration_write"),
)


def diagnose(api: RetailCrm, *, site: str, timezone: str) -> Diagnosis:
    """Address and key first: without them the rest cannot be looked at."""
    try:
        rights = api.credentials()
    except HubError as error:
        failed = Check(_("Address and API key"), CheckState.FAILED, str(error))
        return Diagnosis(_("RetailCRM cannot be reached with these values."), (failed,))
    checks = [Check(_("Address and API key"), CheckState.PASSED, _("RetailCRM knows the key."))]
    checks += [_right(rights, title, path, scope) for title, path, scope in _RIGHTS]
    checks.append(_zone(api, timezone))
    if site:
        checks.append(_site(api, site))
    found = Diagnosis("", tuple(checks))
    summary = (
        _("The connection works.") if found.works else _("RetailCRM answers, but not everything will work.")
    )
    return Diagnosis(summary, found.checks)


def _right(rights: Mapping[str, Any], title: Text, path: str, scope: str) -> Check:
    if may(rights, path, scope):
        return Check(title, CheckState.PASSED)
    # The names of scopes are not documented: what we do not find may still be allowed, so this is no failure.
    return Check(
        title,
        CheckState.WARNING,
        _("The key does not name this right."),
        _("In RetailCRM open Settings → Integration → API keys and allow this key: %(path)s")
        % {"path": path},
    )


def _zone(api: RetailCrm, entered: str) -> Check:
    title = _("Time zone")
    if entered:
        return Check(title, CheckState.PASSED, entered)
    try:
        name = account_zone(api.settings())
    except HubError as error:
        return Check(
            title, CheckState.WARNING, str(error), _("Enter the account's time zone in the settings here.")
        )
    if name:
        return Check(title, CheckState.PASSED, name)
    return Check(
        title,
        CheckState.WARNING,
        _("The account does not say which time zone it uses."),
        _("Enter the account's time zone in the settings here."),
    )


def _site(api: RetailCrm, site: str) -> Check:
    title = _("Shop code")
    try:
        known = api.sites()
    except HubError as error:
        return Check(title, CheckState.WARNING, str(error))
    if site in known:
        return Check(title, CheckState.PASSED, site)
    return Check(
        title,
        CheckState.FAILED,
        _("RetailCRM has no shop with the code %(site)s.") % {"site": site},
        _("Its shops are: %(sites)s") % {"sites": ", ".join(sorted(known)) or "—"},
    )

"""The connection test, in plain words."""

from itertools import islice

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors._skeleton.client import Api
from tenants.errors import HubError


def diagnose(api: Api) -> Diagnosis:
    """Address and key first: without them the rest cannot be looked at."""
    title = _("Address and key")
    try:
        account = api.account()
    except HubError as error:
        advice = _("Compare the address and the key with those that the system shows.")
        return Diagnosis(
            _("The system cannot be reached with these values."),
            (Check(title, CheckState.FAILED, str(error), advice),),
        )
    return Diagnosis(
        _("The connection works."),
        (Check(title, CheckState.PASSED, str(account.get("name") or "")), _users(api)),
    )


def _users(api: Api) -> Check:
    try:
        list(islice(api.users(), 1))
    except HubError as error:
        return Check(_("Read users"), CheckState.WARNING, str(error))
    return Check(_("Read users"), CheckState.PASSED)

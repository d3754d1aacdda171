"""The connection test: one check after the other, each in plain words."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors.bitrix24 import mapping
from integrations.connectors.bitrix24.client import Bitrix24
from integrations.connectors.bitrix24.errors import NeedsApplication
from tenants.errors import HubError

RIGHTS = ("crm", "user")
RIGHTS_OF_APP = (*RIGHTS, "telephony")


def diagnose(api: Bitrix24, *, line: str) -> Diagnosis:
    """Who we are there, what we may do, and whether calls can be told at all."""
    entrance = _entrance(api)
    if entrance.state is CheckState.FAILED:
        return Diagnosis(_("Bitrix24 cannot be reached with these values."), (entrance,))
    checks = (entrance, _rights(api), _users(api), _calls(api, line))
    states = {check.state for check in checks}
    if CheckState.FAILED in states:
        return Diagnosis(_("Bitrix24 answers, but not everything will work."), checks)
    if checks[-1].state is CheckState.WARNING and not api.is_app:
        return Diagnosis(_("The CRM is connected, calls are not: they need an application."), checks)
    return Diagnosis(_("The connection works."), checks)


def _entrance(api: Bitrix24) -> Check:
    title = _("Address and access")
    try:
        profile = api.profile()
    except HubError as error:
        advice = (
            _("Press Connect and allow the access in Bitrix24.")
            if api.is_app
            else _(
                "In Bitrix24 open Developer resources → Other → Incoming webhook and copy its whole address."
            )
        )
        return Check(title, CheckState.FAILED, str(error), advice)
    user = mapping.outside_user(profile)
    return Check(
        title, CheckState.PASSED, _("We work there with the rights of %(name)s.") % {"name": user.name}
    )


def _rights(api: Bitrix24) -> Check:
    title = _("Rights")
    advice = _(
        "Allow crm, user and telephony in the settings of the application or webhook, then connect again."
    )
    try:
        granted = api.scope()
    except HubError as error:
        return Check(title, CheckState.FAILED, str(error), advice)
    missing = [one for one in (RIGHTS_OF_APP if api.is_app else RIGHTS) if one not in granted]
    if missing:
        text = _("These rights are missing: %(rights)s.") % {"rights": ", ".join(missing)}
        return Check(title, CheckState.FAILED, text, advice)
    return Check(title, CheckState.PASSED)


def _users(api: Bitrix24) -> Check:
    title = _("Read users")
    try:
        users = api.first_users()
    except HubError as error:
        return Check(title, CheckState.FAILED, str(error), _("The right user is needed."))
    if not any(mapping.outside_user(row).extension for row in users):
        return Check(
            title,
            CheckState.WARNING,
            _("No user has an extension in Bitrix24."),
            _("Enter them there (Telephony → Users), or assign extensions here."),
        )
    return Check(title, CheckState.PASSED)


def _calls(api: Bitrix24, line: str) -> Check:
    title = _("Calls")
    try:
        api.app_info()
    except NeedsApplication as error:
        return Check(
            title,
            CheckState.WARNING,
            str(error),
            _(
                "To have calls in Bitrix24, make a local application there and connect it instead of the webhook."
            ),
        )
    except HubError as error:
        return Check(title, CheckState.FAILED, str(error))
    if not line:
        return Check(
            title,
            CheckState.PASSED,
            _("Calls are shown and written. For calls by a click enter an external line, too."),
        )
    return Check(title, CheckState.PASSED)

"""The connection test: one check after the other, each in plain words."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors.planfix.client import Planfix
from tenants.errors import HubError


def diagnose(api: Planfix) -> Diagnosis:
    """Telephony first: it is what the integration is for."""
    checks = (_telephony(api), _rest(api))
    found = Diagnosis("", checks)
    if found.works:
        return Diagnosis(_("The connection works."), checks)
    if checks[0].state is CheckState.FAILED:
        return Diagnosis(_("Planfix cannot be told of calls with these values."), checks)
    return Diagnosis(_("Planfix answers, but not everything will work."), checks)


def _telephony(api: Planfix) -> Check:
    title = _("Address and Planfix token")
    try:
        api.ping()
    except HubError as error:
        return Check(
            title,
            CheckState.FAILED,
            str(error),
            _("In Planfix open Account → Integrations → Virtual PBX → Planfix API for telephony, switch it on and copy its token."),
        )  # fmt: skip
    return Check(title, CheckState.PASSED, _("Planfix knows the token."))


def _rest(api: Planfix) -> Check:
    title = _("Read employees")
    if not api.has_rest:
        return Check(
            title,
            CheckState.SKIPPED,
            _("There is no REST API token: employees are not loaded, calls are shown by extension."),
        )
    try:
        api.user_page(0, 1)
    except HubError as error:
        return Check(
            title,
            CheckState.FAILED,
            str(error),
            _("Make a token in Account → API → REST that may read employees (user_readonly)."),
        )
    return Check(title, CheckState.PASSED)

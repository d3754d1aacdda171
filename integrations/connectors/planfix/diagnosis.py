"""The connection test: one check after the other, each in plain words."""

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors.planfix.client import Telephony
from integrations.connectors.planfix.rest import Rest
from tenants.errors import HubError


def diagnose(api: Telephony, rest: Rest) -> Diagnosis:
    """Telephony first: it is what most connect Planfix for."""
    checks = (_telephony(api, may_lack=rest.is_ready), _rest(rest))
    found = Diagnosis("", checks)
    if found.works:
        return Diagnosis(_("The connection works."), checks)
    if checks[0].state is CheckState.FAILED:
        return Diagnosis(_("Planfix cannot be told of calls with these values."), checks)
    return Diagnosis(_("Planfix answers, but not everything will work."), checks)


def _telephony(api: Telephony, *, may_lack: bool) -> Check:
    title = _("Address and Planfix token")
    advice = _(
        "In Planfix open Account → Integrations → Virtual PBX → Planfix API for telephony, switch it on and copy its token."
    )
    if not api.is_ready and may_lack:
        text = _("Calls are not connected: there is no Planfix token yet.")
        return Check(title, CheckState.WARNING, text, advice)
    try:
        api.ping()
    except HubError as error:
        return Check(title, CheckState.FAILED, str(error), advice)
    return Check(title, CheckState.PASSED, _("Planfix knows the token."))


def _rest(api: Rest) -> Check:
    title = _("Read employees")
    if not api.is_ready:
        return Check(
            title,
            CheckState.SKIPPED,
            _("There is no REST API token: no employees, contacts and deals; calls are shown by extension."),
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

"""The connection test: one check after the other, each in plain words."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.connectors.amocrm.client import AmoCrm
from integrations.connectors.amocrm.entities import PLURALS
from integrations.connectors.amocrm.keys import key_field
from integrations.records import RecordKind
from tenants.errors import HubError

TEXT_TYPES: Final = ("text", "textarea")


def diagnose(api: AmoCrm, settings: Mapping[str, Any]) -> Diagnosis:
    """Address and token first: without them the rest cannot be looked at."""
    try:
        account = api.account()
    except HubError as error:
        advice = _(
            "Enter a long-lived token, or the integration's ID and secret key and then connect it: the steps are below."
        )
        failed = Check(_("Address and access"), CheckState.FAILED, str(error), advice)
        return Diagnosis(_("amoCRM cannot be reached with these values."), (failed,))
    known = Check(_("Address and access"), CheckState.PASSED, _text(account.get("name")))
    pipeline = str(settings.get("pipeline") or "")
    keys = [_key_field(api, kind, number) for kind in PLURALS if (number := key_field(settings, kind))]
    found = Diagnosis("", (known, _users(api), _pipelines(api, pipeline), _webhooks(api), *keys))
    summary = (
        _("The connection works.") if found.works else _("amoCRM answers, but not everything will work.")
    )
    return Diagnosis(summary, found.checks)


def _users(api: AmoCrm) -> Check:
    title = _("Read users")
    try:
        list(islice(api.users(page_size=1), 1))
    except HubError as error:
        return Check(
            title,
            CheckState.FAILED,
            str(error),
            _("An administrator of the account has to connect the integration."),
        )
    return Check(title, CheckState.PASSED)


def _pipelines(api: AmoCrm, wanted: str) -> Check:
    title = _("Read pipelines")
    try:
        known = {str(row.get("id")): _text(row.get("name")) for row in api.pipelines()}
    except HubError as error:
        return Check(
            title, CheckState.FAILED, str(error), _("Allow the integration to read the account's data.")
        )
    if wanted and wanted not in known:
        names = ", ".join(f"{name} ({number})" for number, name in sorted(known.items()))
        return Check(
            title,
            CheckState.FAILED,
            _("amoCRM has no pipeline %(number)s.") % {"number": wanted},
            _("Its pipelines are: %(names)s") % {"names": names or "—"},
        )
    return Check(title, CheckState.PASSED, known.get(wanted, ""))


def _webhooks(api: AmoCrm) -> Check:
    """Some plans have none: changes are then read by the schedule alone."""
    title = _("Webhooks")
    try:
        api.webhooks()
    except HubError as error:
        return Check(
            title,
            CheckState.WARNING,
            str(error),
            _(
                "Without webhooks changes are read by the schedule. The plan or the right of the user may not allow them."
            ),
        )
    return Check(title, CheckState.PASSED)


def _key_field(api: AmoCrm, kind: RecordKind, number: str) -> Check:
    """Whether our key can be kept there: nothing could be created otherwise."""
    title = _("Field for our key: %(kind)s") % {"kind": kind.label}
    try:
        found = next((row for row in api.custom_fields(PLURALS[kind]) if str(row.get("id")) == number), None)
    except HubError as error:
        return Check(
            title, CheckState.FAILED, str(error), _("Allow the integration to read the account's data.")
        )
    if found is None or found.get("type") not in TEXT_TYPES:
        text = (
            _("amoCRM has no such field with the ID %(number)s.")
            if found is None
            else _("Field %(number)s holds no text.")
        )
        advice = _(
            "Make an own field of the type “text” for these cards and enter its ID, or leave the setting empty."
        )
        return Check(title, CheckState.FAILED, text % {"number": number}, advice)
    return Check(title, CheckState.PASSED, _text(found.get("name")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

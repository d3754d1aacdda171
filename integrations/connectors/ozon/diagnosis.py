"""The connection test: the key, what it may do, until when, and the warehouse that was entered."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.capabilities import Check, CheckState, Diagnosis
from integrations.capabilities.base import Text
from integrations.connectors.ozon.client import Ozon, rows
from integrations.connectors.ozon.mapping import moment, part, text
from tenants.errors import AuthFailed, HubError, TransientError

EXPIRES_SOON = timedelta(days=14)
_NEEDED: tuple[tuple[Text, tuple[str, ...], CheckState], ...] = (
    (gettext_lazy("Read FBS postings"), ("/v4/posting/fbs/list", "/v3/posting/fbs/get"), CheckState.FAILED),
    (gettext_lazy("Read FBO postings"), ("/v3/posting/fbo/list", "/v2/posting/fbo/get"), CheckState.WARNING),
    (gettext_lazy("Read returns"), ("/v1/returns/list",), CheckState.WARNING),
    (gettext_lazy("Read products"), ("/v3/product/list", "/v3/product/info/list"), CheckState.WARNING),
    (
        gettext_lazy("Read stock"),
        ("/v4/product/info/stocks", "/v2/product/info/stocks-by-warehouse/fbs"),
        CheckState.WARNING,
    ),
    (gettext_lazy("Write stock"), ("/v2/products/stocks",), CheckState.WARNING),
    (gettext_lazy("Write prices"), ("/v1/product/import/prices",), CheckState.WARNING),
)


def diagnose(api: Ozon, warehouse_id: str, now: datetime) -> Diagnosis:
    """The key first: without it the rest cannot be looked at."""
    try:
        roles = api.roles()
    except AuthFailed as error:
        advice = _(
            "In Ozon Seller open Settings → Seller API; check both values, and whether the key is tied to addresses."
        )
        return _failed(_("Client-Id and Api-Key"), error, advice)
    except TransientError as error:
        advice = _("Ozon turns away many networks abroad: try from a server in its region.")
        return _failed(_("The way to Ozon"), error, advice)
    except HubError as error:
        return _failed(_("Client-Id and Api-Key"), error)
    checks = [_known(api), _expiry(roles, now), *_rights(roles)]
    if warehouse_id:
        checks.append(_warehouse(api, warehouse_id))
    works = all(check.state is not CheckState.FAILED for check in checks)
    summary = _("The connection works.") if works else _("Ozon answers, but not everything will work.")
    return Diagnosis(summary, tuple(checks))


def _failed(title: str, error: HubError, advice: str = "") -> Diagnosis:
    check = Check(title, CheckState.FAILED, str(error), advice)
    return Diagnosis(_("Ozon cannot be reached with these values."), (check,))


def _known(api: Ozon) -> Check:
    title = _("Client-Id and Api-Key")
    try:
        name = text(part(api.seller(), "company"), "name")
    except HubError:
        name = ""  # not every key may ask for it, and nothing depends on it
    return Check(title, CheckState.PASSED, name or _("Ozon knows the key."))


def _expiry(roles: Mapping[str, Any], now: datetime) -> Check:
    title, until = _("Validity of the key"), moment(roles.get("expires_at"))
    if until is None:
        return Check(title, CheckState.SKIPPED, _("Ozon does not say until when it is valid."))
    words = _("Valid until %(day)s.") % {"day": date_format(until, "DATE_FORMAT")}
    if until - now > EXPIRES_SOON:
        return Check(title, CheckState.PASSED, words)
    return Check(title, CheckState.WARNING, words, _("Generate a new key in time and enter it here."))


def _rights(roles: Mapping[str, Any]) -> list[Check]:
    allowed: set[str] = set()
    for role in rows(dict(roles), "roles"):
        methods = role.get("methods")
        allowed |= {str(method) for method in methods} if isinstance(methods, list) else set()
    return [
        _right(title, [path for path in paths if path not in allowed], state)
        for title, paths, state in _NEEDED
    ]


def _right(title: Text, missing: list[str], state: CheckState) -> Check:
    if not missing:
        return Check(title, CheckState.PASSED)
    advice = _("In Ozon Seller generate a key with a role that allows: %(paths)s") % {
        "paths": ", ".join(missing)
    }
    return Check(title, state, _("The key does not name this right."), advice)


def _warehouse(api: Ozon, warehouse_id: str) -> Check:
    title = _("Warehouse for stock that names none")
    try:
        known = {text(row, "warehouse_id"): text(row, "name") for row in api.warehouses()}
    except HubError as error:
        # The list may be asked for once a minute only.
        return Check(title, CheckState.SKIPPED, str(error))
    if warehouse_id in known:
        return Check(title, CheckState.PASSED, known[warehouse_id])
    listed = ", ".join(f"{id_} ({name})" for id_, name in sorted(known.items())) or "—"
    advice = _("Its warehouses are: %(warehouses)s") % {"warehouses": listed}
    return Check(title, CheckState.FAILED, _("Ozon has no such warehouse."), advice)

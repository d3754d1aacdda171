"""The section `reports` of the configuration file."""

from datetime import time
from typing import Any

from django.utils.translation import gettext as _

from tenants.configuration import ConfigurationError, Place, Plan, Section, each, register_section, text
from tenants.configuration.reading import Block
from tenants.models import Tenant
from webhooks.configuration.values import plain
from webhooks.models import Endpoint, Report, Rhythm, Weekday
from webhooks.models.report import nine

KEYS = {
    *("name", "rhythm", "at", "weekday", "sections", "endpoints", "addresses", "skips_quiet", "enabled"),
}
_DAYS = {day.name.lower(): day.value for day in Weekday}
_SWITCHES = {"skips_quiet": "skips_quiet", "enabled": "is_enabled"}


class Reports(Section):
    """Known by their name; applied after the endpoints, which they name."""

    key = "reports"
    place = 65

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name"}, place, identity="name"):
            name = text(block, "name")
            report = Report.objects.filter(name=name).first() or Report(tenant=tenant, name=name)
            plan.save(report, f"report {name}", _values(block), block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        names = {str(id_): name for id_, name in Endpoint.objects.values_list("id", "name")}
        return [_dumped(one, names) for one in Report.objects.order_by("name")]


def _values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: plain(block[name] or []) for name in ("sections", "addresses") if name in block
    }
    if "rhythm" in block:
        values["rhythm"] = _one_of(block, "rhythm", {one: one for one in Rhythm.values})
    if "weekday" in block:
        values["weekday"] = _one_of(block, "weekday", _DAYS)
    if "at" in block:
        try:
            values["at"] = time.fromisoformat(text(block, "at"))
        except ValueError as error:
            raise ConfigurationError(block.at("at"), _('a time such as "09:00" is expected')) from error
    for name, field in _SWITCHES.items():
        if name in block:
            if not isinstance(block[name], bool):
                raise ConfigurationError(block.at(name), _("“%(key)s” must be true or false") % {"key": name})
            values[field] = block[name]
    if "endpoints" in block:
        values["endpoints"] = _endpoints(block)
    return values


def _one_of(block: Block, key: str, known: dict[str, Any]) -> Any:
    name = text(block, key)
    if name not in known:
        raise ConfigurationError(
            block.at(key),
            _("unknown value “%(value)s”; known are %(known)s") % {"value": name, "known": ", ".join(known)},
        )
    return known[name]


def _endpoints(block: Block) -> list[str]:
    """In the file they are named, not numbered."""
    names = plain(block["endpoints"] or [])
    if not isinstance(names, list):
        raise ConfigurationError(block.at("endpoints"), _("a list was expected"))
    known = dict(Endpoint.objects.filter(name__in=[str(one) for one in names]).values_list("name", "id"))
    for name in names:
        if str(name) not in known:
            raise ConfigurationError(
                block.at("endpoints"), _("there is no endpoint “%(name)s”") % {"name": name}
            )
    return [str(known[str(name)]) for name in names]


def _dumped(report: Report, names: dict[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": report.name, "rhythm": report.rhythm}
    if report.at != nine():
        shown["at"] = f"{report.at:%H:%M}"
    if report.weekday != Weekday.MONDAY:
        shown["weekday"] = Weekday(report.weekday).name.lower()
    lists = {
        "sections": report.sections,
        "endpoints": [names[id_] for id_ in report.endpoints if id_ in names],
        "addresses": report.addresses,
    }
    shown |= {name: value for name, value in lists.items() if value}
    if report.skips_quiet:
        shown["skips_quiet"] = True
    if not report.is_enabled:
        shown["enabled"] = False
    return shown


register_section(Reports())

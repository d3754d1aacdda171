"""The section `schedules` of the configuration file: exports at set times."""

from datetime import time
from typing import Any, Final

from django.utils.translation import gettext as _

from exports.configuration.values import asked_of, plain
from exports.models import ExportDestination, ExportSchedule, ExportTemplate, Rhythm, Rows, Weekday
from exports.models.schedule import six
from tenants.configuration import (
    ConfigurationError,
    Place,
    Plan,
    Section,
    each,
    known_keys,
    register_section,
    text,
)
from tenants.configuration.reading import Block
from tenants.configuration.sections import flag
from tenants.models import Member, Tenant
from tenants.names import name_key

REQUEST: Final = ("dataset", "format", "columns", "filters", "options", "language")
KEYS: Final = frozenset(
    {"name", "template", "request", "owner", "rhythm", "at", "weekday", "month_day", "cron", "rows"}
    | {"recipients", "destination", "enabled"}
)
_DAYS: Final = {day.name.lower(): day.value for day in Weekday}


class Schedules(Section):
    """Known by their name; applied after members and templates, which they name."""

    key = "schedules"
    place = 80

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, KEYS, {"name"}, place, identity="name"):
            name = text(block, "name")
            row = ExportSchedule.objects.filter(name=name).first() or ExportSchedule(tenant=tenant, name=name)
            if row._state.adding and "owner" not in block:
                raise ConfigurationError(block.place, _("the key “%(key)s” is missing") % {"key": "owner"})
            plan.save(row, f"schedule {name}", _values(block), block.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        rows = ExportSchedule.objects.select_related("template", "owner__user", "destination")
        found = rows.defer("destination__credentials").order_by("name")
        return [_dumped(row) for row in found]


def _values(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = {key: _READERS[key](block) for key in _READERS if key in block}
    if "enabled" in values:
        values["is_enabled"] = values.pop("enabled")
    if "request" in values and "template" not in values:
        values["template"] = None
    if "template" in values and "request" not in values:
        values["request"] = {}
    return values


def _template(block: Block) -> ExportTemplate:
    name = text(block, "template")
    found = ExportTemplate.objects.filter(name=name).first()
    if found is None:
        raise ConfigurationError(block.at("template"), _("there is no template “%(name)s”") % {"name": name})
    return found


def _destination(block: Block) -> ExportDestination | None:
    if block["destination"] is None:
        return None
    name = text(block, "destination")
    found = ExportDestination.objects.filter(name=name).defer("credentials").first()
    if found is None:
        raise ConfigurationError(
            block.at("destination"), _("there is no destination “%(name)s”") % {"name": name}
        )
    return found


def _request(block: Block) -> dict[str, Any]:
    found = known_keys(block["request"], REQUEST, {"dataset"})
    texts = {key: text(found, key) for key in ("dataset", "format", "language") if key in found}
    return {"format": "xlsx", **texts, **asked_of(found, REQUEST)}


def _owner(block: Block) -> Member:
    name = text(block, "owner")
    found = Member.objects.filter(user__username_key=name_key(name)).select_related("user").first()
    if found is None:
        raise ConfigurationError(block.at("owner"), _("there is no member “%(name)s”") % {"name": name})
    return found


def _at(block: Block) -> time:
    try:
        return time.fromisoformat(text(block, "at"))
    except ValueError as error:
        raise ConfigurationError(block.at("at"), _('a time such as "09:00" is expected')) from error


def _day(block: Block) -> int:
    written = text(block, "month_day")
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:3]) <= 31):
        raise ConfigurationError(block.at("month_day"), _("a day from 1 to 31 is expected"))
    return int(written)


def _one_of(key: str, known: dict[str, Any]) -> Any:
    def read(block: Block) -> Any:
        value = text(block, key)
        if value not in known:
            message = _("unknown value “%(value)s”; known are %(known)s")
            raise ConfigurationError(block.at(key), message % {"value": value, "known": ", ".join(known)})
        return known[value]

    return read


_READERS: Final = {
    "template": _template,
    "request": _request,
    "destination": _destination,
    "owner": _owner,
    "rhythm": _one_of("rhythm", {one: one for one in Rhythm.values}),
    "rows": _one_of("rows", {one: one for one in Rows.values}),
    "weekday": _one_of("weekday", _DAYS),
    "at": _at,
    "month_day": _day,
    "cron": lambda block: text(block, "cron"),
    "recipients": lambda block: plain(block["recipients"] or []),
    "enabled": lambda block: flag(block, "enabled"),
}


def _dumped(row: ExportSchedule) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": row.name, "rhythm": row.rhythm}
    if row.template:
        shown["template"] = row.template.name
    else:
        shown["request"] = {key: value for key, value in row.request.items() if value}
    if row.owner:
        shown["owner"] = row.owner.user.username
    if row.at != six():
        shown["at"] = f"{row.at:%H:%M}"
    if row.weekday != Weekday.MONDAY:
        shown["weekday"] = Weekday(row.weekday).name.lower()
    optional = {"cron": row.cron, "recipients": row.recipients}
    shown |= {name: value for name, value in optional.items() if value}
    if row.destination:
        shown["destination"] = row.destination.name
    if row.month_day != 1:
        shown["month_day"] = row.month_day
    if row.rows != Rows.ALL:
        shown["rows"] = row.rows
    if not row.is_enabled:
        shown["enabled"] = False
    return shown


register_section(Schedules())

"""The keys `lines`, `working_hours`, `call_rules` and `calls` of the configuration file."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from integrations.models import Integration
from telephony import policies
from telephony.actions.save_line import set_hearers
from telephony.models import CallPolicy, CallRule, Line, LineHearer, PopupChoice, WorkingHours
from telephony.opening import DAYS, parse_weekly, written
from tenants.configuration.reading import Block, ConfigurationError, Items, Place
from tenants.configuration.sections import Plan, Section, each, flag, known_keys, text
from tenants.models import Tenant

RULE_CHOICES = ("direction", "outcome", "client", "hours", "responsible", "extension")
RULE_FLAGS = {
    "enabled": "is_enabled",
    "create_contact": "creates_contact",
    "create_lead": "creates_lead",
    "only_if_none_open": "is_lead_single",
    "create_task": "creates_task",
}
RULE_KEYS = (
    "name",
    "order",
    "integration",
    *RULE_CHOICES,
    "lines",
    "task_hours",
    "name_template",
    *RULE_FLAGS,
)
LINE_KEYS = ("number", "name", "enabled", "integrations", "working_hours", "extension")
POLICY_KEYS = ("popups", "attribution", "recording_wait", "popups_of")


def _whole(block: Block, key: str) -> int:
    value = block[key]
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(block.at(key), f"“{key}” must be a whole number")
    return int(value)


def _texts(block: Block, key: str) -> list[str]:
    value = block.get(key)
    if not isinstance(value, Items):
        raise ConfigurationError(block.at(key), f"“{key}” must be a list")
    return [str(getattr(one, "source", one)) for one in value]


def _integration(name: str, place: Place) -> Integration:
    found = Integration.objects.filter(name=name).first()
    if found is None:
        raise ConfigurationError(place, f"there is no integration “{name}”")
    return found


class Hours(Section):
    """Found again by their names. Of the days those hold that the file names, and no others."""

    key = "working_hours"
    place = 52

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        keys = ("name", "default", "timezone", "weekly", "exceptions")
        for block in each(value, keys, ("name",), place, identity="name"):
            name = text(block, "name")
            row = WorkingHours.objects.filter(name=name).first() or WorkingHours(tenant=tenant, name=name)
            values: dict[str, Any] = {"name": name}
            if "default" in block:
                values["is_default"] = flag(block, "default")
            if "timezone" in block:
                values["timezone"] = text(block, "timezone")
            if "weekly" in block:
                values["weekly"] = self._weekly(block)
            if "exceptions" in block:
                values["exceptions"] = "\n".join(_texts(block, "exceptions"))
            plan.save(row, f"working hours {name}", values, block.place)
        policies.forget(tenant.pk)

    @staticmethod
    def _weekly(block: Block) -> dict[str, str]:
        """As the admin writes it: a key for each day that has hours."""
        given = block["weekly"]
        if not isinstance(given, Mapping):
            raise ConfigurationError(
                block.at("weekly"), "“weekly” must be a mapping such as mon-fri: 09:00-18:00"
            )
        try:
            found = parse_weekly({key: str(value) for key, value in given.items()})
        except ValidationError as error:
            raise ConfigurationError(block.at("weekly"), " ".join(error.messages)) from error
        return {day: written(found[day]) for day in DAYS if found.get(day)}

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {
                "name": row.name,
                "default": row.is_default,
                "timezone": row.timezone,
                "weekly": {day: row.weekly[day] for day in DAYS if row.weekly.get(day)},
                "exceptions": row.exceptions.splitlines(),
            }
            for row in WorkingHours.objects.order_by("name")
        ] or None


class Lines(Section):
    """Found again by their numbers."""

    key = "lines"
    place = 54

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for block in each(value, LINE_KEYS, ("number",), place, identity="number"):
            number = text(block, "number")
            row = Line.objects.filter(number=number).first() or Line(tenant=tenant, number=number)
            values: dict[str, Any] = {"number": number}
            values |= {name: text(block, name) for name in ("name", "extension") if name in block}
            if "enabled" in block:
                values["is_enabled"] = flag(block, "enabled")
            if "working_hours" in block:
                values["hours"] = self._hours(block)
            plan.save(row, f"line {number}", values, block.place)
            if "integrations" in block:
                names = _texts(block, "integrations")
                heard = [_integration(name, block.at("integrations")) for name in names]
                if set_hearers(row, heard):
                    plan.note("update", f"line {number}", integrations=names)
        policies.forget(tenant.pk)

    @staticmethod
    def _hours(block: Block) -> WorkingHours | None:
        name = text(block, "working_hours")
        found = WorkingHours.objects.filter(name=name).first()
        if name and found is None:
            raise ConfigurationError(block.at("working_hours"), f"there are no working hours “{name}”")
        return found

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        heard: dict[Any, list[str]] = {}
        for row in LineHearer.objects.select_related("integration").order_by("integration__name"):
            heard.setdefault(row.line_id, []).append(row.integration.name)
        return [
            {
                "number": row.number,
                "name": row.name,
                "enabled": row.is_enabled,
                "extension": row.extension,
                **({"working_hours": row.hours.name} if row.hours else {}),
                **({"integrations": heard[row.pk]} if row.pk in heard else {}),
            }
            for row in Line.objects.select_related("hours").order_by("number")
        ] or None


class Rules(Section):
    """Found again by their names; without `order` they are looked at as the file has them."""

    key = "call_rules"
    place = 56

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        for number, block in enumerate(each(value, RULE_KEYS, ("name",), place, identity="name"), 1):
            name = text(block, "name")
            row = CallRule.objects.filter(name=name).first() or CallRule(tenant=tenant, name=name)
            values: dict[str, Any] = {
                "name": name,
                "place": _whole(block, "order") if "order" in block else number * 10,
            }
            values |= {key: text(block, key) for key in RULE_CHOICES if key in block}
            values |= {field: flag(block, key) for key, field in RULE_FLAGS.items() if key in block}
            if "integration" in block:
                wanted = text(block, "integration")
                values["integration"] = _integration(wanted, block.at("integration")) if wanted else None
            if "lines" in block:
                values["lines"] = _texts(block, "lines")
            if "task_hours" in block:
                values["task_hours"] = _whole(block, "task_hours")
            if "name_template" in block:
                values["name_template"] = text(block, "name_template")
            plan.save(row, f"call rule {name}", values, block.place)
        policies.forget(tenant.pk)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        return [
            {
                "name": row.name,
                "order": row.place,
                **({"integration": row.integration.name} if row.integration else {}),
                **{key: getattr(row, key) for key in RULE_CHOICES},
                "lines": row.lines,
                "task_hours": row.task_hours,
                "name_template": row.name_template,
                **{key: getattr(row, field) for key, field in RULE_FLAGS.items()},
            }
            for row in CallRule.objects.select_related("integration").order_by("place", "id")
        ] or None


class Policy(Section):
    """How calls are told: once for a company, and pop-ups of single extensions under `popups_of`."""

    key = "calls"
    place = 58

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, POLICY_KEYS)
        row = CallPolicy.objects.first() or CallPolicy(tenant=tenant)
        values: dict[str, Any] = {}
        if "popups" in block:
            values["popup_mode"] = text(block, "popups")
        if "attribution" in block:
            values["attribution"] = text(block, "attribution")
        if "recording_wait" in block:
            values["recording_wait"] = _whole(block, "recording_wait")
        plan.save(row, "calls in the CRM", values, place)
        given = block.get("popups_of") or {}
        if not isinstance(given, Block):
            raise ConfigurationError(block.at("popups_of"), "“popups_of” must be a mapping of extensions")
        for extension in given:
            known = PopupChoice.objects.filter(extension=extension).first()
            choice = known or PopupChoice(tenant=tenant, extension=extension)
            wanted = {"extension": extension, "mode": text(given, extension)}
            plan.save(choice, f"pop-ups of {extension}", wanted, given.at(extension))
        policies.forget(tenant.pk)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = CallPolicy.objects.first()
        choices = dict(PopupChoice.objects.order_by("extension").values_list("extension", "mode"))
        if row is None and not choices:
            return None
        found = row or CallPolicy()
        return {
            "popups": found.popup_mode,
            "attribution": found.attribution,
            "recording_wait": found.recording_wait,
            **({"popups_of": choices} if choices else {}),
        }

"""Smart redirect in the configuration file."""

from typing import Any

from telephony.models import RedirectLine, RedirectSettings
from tenants.configuration.reading import Block, ConfigurationError, Fraction, Number, Place
from tenants.configuration.sections import Plan, Section, each, flag, known_keys, text
from tenants.models import Tenant

REDIRECT_KEYS = (
    "enabled", "sources", "budget_ms", "ring_seconds", "days", "remembers_minutes", "checks_hours", "checks_status",
    "skips_busy", "excluded_lines", "excluded_numbers", "contexts",
)  # fmt: skip
LINE_KEYS = ("line", "enabled", "sources", "checks_hours")


class SmartRedirect(Section):
    """`smart_redirect: {enabled: true, sources: [crm, records], lines: [{line: "…", enabled: false}]}`. What is not named stays."""

    key = "smart_redirect"
    place = 60

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, (*REDIRECT_KEYS, "lines"))
        row = RedirectSettings.objects.first() or RedirectSettings(tenant=tenant)
        plan.save(row, "smart redirect", _fields(block, REDIRECT_KEYS), block.place)
        if row._state.adding:
            return
        for line in each(block.get("lines"), LINE_KEYS, ("line",), place, identity="line"):
            name = text(line, "line")
            own = RedirectLine.objects.filter(settings=row, line=name).first()
            own = own or RedirectLine(tenant=tenant, settings=row, line=name)
            plan.save(own, f"smart redirect of line {name}", _fields(line, LINE_KEYS), line.place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = RedirectSettings.objects.first()
        if row is None:
            return None
        lines = [_dumped(line, LINE_KEYS) for line in row.lines.all()]
        return _dumped(row, REDIRECT_KEYS) | ({"lines": lines} if lines else {})


def _fields(block: Block, keys: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in keys:
        if key in block:
            found["is_enabled" if key == "enabled" else key] = _plain(block, key)
    return found


def _plain(block: Block, key: str) -> Any:
    """Flags as flags, lists as lists of texts, the rest as it is for the model to check."""
    value = block[key]
    if key == "enabled" or key.startswith(("checks_", "skips_")):
        return flag(block, key)
    if isinstance(value, list):
        return [item.source if isinstance(item, Number | Fraction) else str(item) for item in value]
    if key in ("sources", "excluded_lines", "excluded_numbers", "contexts"):
        raise ConfigurationError(block.at(key), f"“{key}” must be a list")
    if key == "line":
        return text(block, key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(block.at(key), f"“{key}” must be a whole number")
    return int(value)


def _dumped(row: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(row, "is_enabled" if key == "enabled" else key) for key in keys}

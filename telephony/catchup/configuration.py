"""`call_records` in the configuration file: where the company's exchange keeps its call records."""

from typing import Any, Final

from telephony.models import CdrSource, Pbx
from tenants.configuration.reading import ConfigurationError, Number, Place
from tenants.configuration.sections import Plan, Section, flag, known_keys, text
from tenants.models import Tenant

_TEXTS: Final = (
    "kind", "host", "security", "ca", "database", "table", "cel_table", "username", "secret", "host_key", "path",
    "columns", "timezone",
)  # fmt: skip
_SECRETS: Final = ("secret",)
KEYS: Final = (*_TEXTS, "port", "enabled")


class CallRecords(Section):
    """Of the company's one exchange; a company with several connects them in the admin."""

    key = "call_records"
    place = 16

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, KEYS, ("kind",))
        found = list(Pbx.objects.order_by("id")[:2])
        if len(found) != 1:
            why = (
                "several exchanges: connect them in the admin"
                if found
                else "no exchange yet: give a pbx_token"
            )
            raise ConfigurationError(place, f"this company has {why}")
        values: dict[str, Any] = {key: text(block, key) for key in _TEXTS if key in block}
        if "port" in block:
            values["port"] = _port(block["port"], block.at("port"))
        if "enabled" in block:
            values["is_enabled"] = flag(block, "enabled")
        row = CdrSource.objects.filter(pbx=found[0]).first() or CdrSource(tenant=tenant, pbx=found[0])
        row.tenant, row.pbx = tenant, found[0]
        plan.save(row, "call records", values, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = CdrSource.objects.order_by("pbx_id").first()
        if row is None:
            return None
        names = [name for name in _TEXTS if secrets or name not in _SECRETS]
        told = {name: value for name in names if (value := getattr(row, name))}
        if row.port:
            told["port"] = row.port
        return told if row.is_enabled else {**told, "enabled": False}


def _port(value: Any, place: Place | None) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Number):
        raise ConfigurationError(place, "“port” must be a number")
    return int(value)

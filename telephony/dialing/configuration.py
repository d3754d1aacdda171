"""The key `dialing` of the configuration file: how clicks reach the company's one exchange, and what they may call."""

from collections.abc import Mapping
from typing import Any, Final

from telephony.models import DialAccess, DialPolicy, Pbx
from tenants.configuration.reading import Block, ConfigurationError, Items, Number, Place
from tenants.configuration.sections import Plan, Section, flag, known_keys, text
from tenants.models import Tenant

POLICY: Final = {
    "enabled": "is_enabled",
    "own_country": "allows_own_country",
    "countries": "countries",
    "denied_prefixes": "denied_prefixes",
    "premium": "allows_premium",
    "quiet_hours": "quiet_hours",
    "extension_per_minute": "extension_per_minute",
    "extension_per_day": "extension_per_day",
    "per_minute": "per_minute",
    "per_day": "per_day",
    "minutes_per_day": "minutes_per_day",
    "alert_after": "alert_after",
}
ACCESS: Final = {
    "enabled": "is_enabled",
    "transport": "transport",
    "template": "template",
    "context": "context",
    "number_form": "number_form",
    "prefix": "prefix",
    "shown": "caller_id_rule",
    "caller_id": "caller_id",
    "ring_seconds": "ring_seconds",
    "ssh_host": "ssh_host",
    "ssh_port": "ssh_port",
    "ssh_user": "ssh_user",
    "ssh_key": "ssh_key",
    "ssh_host_key": "ssh_host_key",
}
EXCHANGE: Final = "exchange"
SECRETS: Final = ("ssh_key",)


class Dialing(Section):
    """What is not named stays as it is."""

    key = "dialing"
    place = 14

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, (*POLICY, EXCHANGE))
        policy = DialPolicy.objects.first() or DialPolicy(tenant=tenant)
        plan.save(policy, "limits of click-to-call", _values(block, POLICY, policy), block.place)
        if EXCHANGE in block:
            _apply_access(block[EXCHANGE], plan, block.at(EXCHANGE))

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        policy = DialPolicy.objects.first()
        access = DialAccess.objects.order_by("pbx__name").first()
        found = _dumped(policy, POLICY) if policy is not None else {}
        if access is not None:
            told = _dumped(access, ACCESS)
            hidden = SECRETS if not secrets else ()
            found[EXCHANGE] = {name: told[name] for name in told if name not in hidden}
        return found or None


def _apply_access(value: Any, plan: Plan, place: Place) -> None:
    block = known_keys(value, ACCESS)
    known = list(Pbx.objects.order_by("id")[:2])
    if len(known) != 1:
        raise ConfigurationError(
            place, "this needs one exchange: give it a pbx_token, or use the admin where there are several"
        )
    [pbx] = known
    access = DialAccess.objects.filter(pbx=pbx).first() or DialAccess(tenant_id=pbx.tenant_id, pbx=pbx)
    plan.save(access, f"click-to-call of {pbx.name}", _values(block, ACCESS, access), block.place)


def _values(block: Block, names: Mapping[str, str], obj: Any) -> dict[str, Any]:
    return {field: _value(block, name, getattr(obj, field)) for name, field in names.items() if name in block}


def _value(block: Block, name: str, present: Any) -> Any:
    """Read as what the field holds now; checked by the model afterwards."""
    value = block[name]
    if isinstance(present, bool):
        return flag(block, name)
    if isinstance(present, list):
        if not isinstance(value, Items) or not all(isinstance(one, str) for one in value):
            raise ConfigurationError(block.at(name), f"“{name}” must be a list of texts")
        return [str(one) for one in value]
    if isinstance(present, str):
        return text(block, name)
    if value is None and name == "minutes_per_day":
        return None
    if not isinstance(value, Number):
        raise ConfigurationError(block.at(name), f"“{name}” must be a whole number")
    return int(value)


def _dumped(obj: Any, names: Mapping[str, str]) -> dict[str, Any]:
    found = {name: getattr(obj, field) for name, field in names.items()}
    return {name: value for name, value in found.items() if value not in ("", None)}

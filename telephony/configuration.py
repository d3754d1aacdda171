"""This room's keys in the configuration file: the exchange's token and the secret of click-to-call."""

from typing import Any

from telephony.models import Pbx, TelephonySettings
from tenants.configuration.reading import ConfigurationError, Place
from tenants.configuration.sections import Plan, Section, register_section
from tenants.models import Tenant

MAIN = "main"


def _secret(value: Any, key: str, place: Place) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(place, f"“{key}” must be a text")
    return value


class PbxToken(Section):
    """The token of the company's one exchange; a company with several sets theirs in the admin."""

    key = "pbx_token"
    place = 12

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        token = _secret(value, self.key, place)
        known = list(Pbx.objects.order_by("id")[:2])
        if any(pbx.token == token for pbx in known):
            return
        if len(known) > 1:
            raise ConfigurationError(
                place, "this company has several exchanges: set their tokens in the admin"
            )
        pbx = known[0] if known else Pbx(tenant=tenant, name=MAIN)
        if known:
            pbx.keep_former()  # the dialplan has it until somebody changes it
        plan.save(pbx, f"telephone exchange {pbx.name}", {"token": token}, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        pbx = Pbx.objects.order_by("id").first()
        return pbx.token if pbx is not None and secrets else None


class CallSecret(Section):
    """What callers of the click-to-call paths present as clientId."""

    key = "call_secret"
    place = 13

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        secret = _secret(value, self.key, place)
        row = TelephonySettings.objects.first() or TelephonySettings(tenant=tenant)
        plan.save(row, "telephony settings", {"call_secret": secret}, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = TelephonySettings.objects.first()
        return row.call_secret if row is not None and secrets else None


register_section(PbxToken())
register_section(CallSecret())

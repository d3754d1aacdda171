"""This room's keys in the configuration file. Those of single parts are declared with them; all are registered here."""

from typing import Any

from telephony.catchup.configuration import CallRecords
from telephony.choices_configuration import Hours, Lines, Policy, Rules
from telephony.dialing.configuration import Dialing
from telephony.models import AmiAccess, Pbx, TelephonySettings
from telephony.redirect.section import SmartRedirect
from tenants.configuration.reading import Block, ConfigurationError, Place
from tenants.configuration.sections import Plan, Section, flag, known_keys, register_section, text
from tenants.models import Tenant

MAIN = "main"
AMI_KEYS = ("host", "port", "username", "secret", "security", "ca", "enabled")


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


class Trunks(Section):
    """The outside lines of the company's one exchange, by their names or what these begin with."""

    key = "trunks"
    place = 15

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        if not isinstance(value, list) or not all(
            isinstance(name, str) and name and "," not in name for name in value
        ):
            raise ConfigurationError(place, f"“{self.key}” must be a list of texts without commas")
        known = list(Pbx.objects.order_by("id")[:2])
        if len(known) > 1:
            raise ConfigurationError(
                place, "this company has several exchanges: name their trunks in the admin"
            )
        pbx = known[0] if known else Pbx(tenant=tenant, name=MAIN)
        plan.save(pbx, f"telephone exchange {pbx.name}", {"trunks": ", ".join(value)}, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        pbx = Pbx.objects.order_by("id").first()
        return list(pbx.trunk_names) or None if pbx is not None else None


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


class ManagerInterface(Section):
    """How the company's one exchange is listened to; a company with several sets theirs in the admin."""

    key = "ami"
    place = 14

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, AMI_KEYS, ("host", "username", "secret"))
        known = list(Pbx.objects.order_by("id")[:2])
        if len(known) != 1:
            problem = (
                "several exchanges: set their accesses in the admin"
                if known
                else "no exchange: give it a pbx_token"
            )
            raise ConfigurationError(place, f"this company has {problem}")
        access = AmiAccess.objects.filter(pbx=known[0]).first() or AmiAccess(tenant=tenant, pbx=known[0])
        wanted: dict[str, Any] = {
            key: text(block, key) for key in AMI_KEYS if key in block and key != "enabled"
        }
        if "port" in wanted:
            wanted["port"] = _port(wanted["port"], block)
        if "enabled" in block:
            wanted["is_enabled"] = flag(block, "enabled")
        plan.save(access, f"manager interface of {known[0].name}", wanted, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        """Only with secrets: without its password the account would be of no use elsewhere."""
        access = AmiAccess.objects.order_by("id").first()
        if access is None or not secrets or Pbx.objects.count() != 1:
            return None
        shown: dict[str, Any] = {name: getattr(access, name) for name in AMI_KEYS if name != "enabled"}
        if not access.ca:
            del shown["ca"]
        return shown if access.is_enabled else shown | {"enabled": False}


def _port(digits: str, block: Block) -> int:
    if not (digits.isascii() and digits.isdecimal()):
        raise ConfigurationError(block.at("port"), "“port” must be a number")
    return int(digits)


for section in (
    PbxToken(),
    CallSecret(),
    ManagerInterface(),
    Trunks(),
    CallRecords(),
    SmartRedirect(),
    Dialing(),
    Hours(),
    Lines(),
    Rules(),
    Policy(),
):
    register_section(section)

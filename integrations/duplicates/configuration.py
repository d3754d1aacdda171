"""The section `duplicates` of the configuration file: what is merged by itself, and whether it is looked for every night."""

from typing import Any

from integrations.duplicates.rules import rules_of
from integrations.models import DuplicateRules
from tenants.configuration.reading import Place
from tenants.configuration.sections import Plan, Section, flag, known_keys, register_section, text
from tenants.models import Tenant

KINDS = ("contacts", "companies")


class Duplicates(Section):
    """One set of rules for a company."""

    key = "duplicates"
    place = 60

    def apply(self, tenant: Tenant, value: Any, plan: Plan, place: Place) -> None:
        block = known_keys(value, (*KINDS, "nightly"))
        values: dict[str, Any] = {name: text(block, name) for name in KINDS if name in block}
        if "nightly" in block:
            values["is_nightly"] = flag(block, "nightly")
        plan.save(rules_of(tenant.pk), "rules for duplicates", values, place)

    def dump(self, tenant: Tenant, *, secrets: bool) -> Any:
        row = DuplicateRules.objects.filter(tenant=tenant).first()
        return row and {"contacts": row.contacts, "companies": row.companies, "nightly": row.is_nightly}


register_section(Duplicates())

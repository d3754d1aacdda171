"""When records are merged without anybody being asked."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction

from integrations.duplicates import jobs
from integrations.models import DuplicateRules, JobTask, MergeRule, Sameness
from integrations.records import RecordKind

Values = Mapping[str, Any]


def rules_of(tenant_id: int) -> DuplicateRules:
    """The company's, or those that hold without."""
    return DuplicateRules.objects.filter(tenant_id=tenant_id).first() or DuplicateRules(tenant_id=tenant_id)


def wanted_by(rules: DuplicateRules) -> dict[str, str]:
    """Kind -> rule, of those that are merged by themselves."""
    chosen = {RecordKind.CONTACT.value: rules.contacts, RecordKind.COMPANY.value: rules.companies}
    return {kind: rule for kind, rule in chosen.items() if rule != MergeRule.NEVER}


def start_automatic(tenant_id: int) -> None:
    """After a search; nothing while another merging is under way: the next search comes."""
    rules = wanted_by(rules_of(tenant_id))
    if not rules:
        return
    try:
        with transaction.atomic():
            jobs.start(tenant_id, JobTask.MERGE, {"rules": rules})
    except IntegrityError:
        return


def in_common(values: Sequence[Values]) -> set[Sameness]:
    """What all of these records share."""
    found = set()
    for name, sameness in (("phones", Sameness.PHONE), ("emails", Sameness.EMAIL)):
        if set.intersection(*(set(one[name]) for one in values)):
            found.add(sameness)
    return found


def fits(rule: str, values: Sequence[Values]) -> bool:
    """Whether that rule holds for all of these records."""
    common = in_common(values)
    if rule == MergeRule.PHONE_AND_EMAIL:
        return {Sameness.PHONE, Sameness.EMAIL} <= common
    names = {" ".join(str(one["name"]).split()).casefold() for one in values}
    is_same_name = len(names) == 1 and names != {""}
    wanted = {MergeRule.PHONE_AND_NAME: Sameness.PHONE, MergeRule.EMAIL_AND_NAME: Sameness.EMAIL}
    return is_same_name and wanted.get(MergeRule(rule)) in common

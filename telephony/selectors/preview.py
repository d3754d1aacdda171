"""What a rule would have done with the calls of late: nothing is asked of any CRM, and nothing is made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from integrations import live
from integrations.capabilities import CallFollowUps
from telephony import policies
from telephony.actions.planning import EXTERNAL, rule_facts
from telephony.models import Call, CallRule
from telephony.policies import Policy, Rule
from telephony.policies.store import as_rule
from telephony.rules import RuleFacts, fits, named

MOST: Final = 20
NOWHERE: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Previewed:
    """One call. `tone` is good where the rule would have done something, quiet where not; `name` is what would be made."""

    call: Call
    line: str
    verdict: str
    tone: str
    name: str = ""


def preview(row: CallRule) -> list[Previewed]:
    """The last calls with clients, newest first, and what this rule would have done with each; one query and no more."""
    calls = Call.objects.filter(
        tenant_id=row.tenant_id,
        direction__in=EXTERNAL,
        finished_at__isnull=False,
        merged_into__isnull=True,
    ).order_by("-id")[:MOST]
    policy = policies.of_tenant(row.tenant_id)
    rule = as_rule(row)
    others = [one for one in _ordered(row, policy) if one.id != rule.id]
    return [_previewed(call, rule, others, policy, _integration(row)) for call in calls]


def _ordered(row: CallRule, policy: Policy) -> Sequence[Rule]:
    """The rules that are looked at before this one."""
    before = CallRule.objects.filter(tenant_id=row.tenant_id, is_enabled=True).order_by("place", "id")
    ids = [pk for pk, place in before.values_list("id", "place") if (place, pk) < (row.place, row.pk)]
    return [rule for rule in policy.rules if rule.id in ids]


def _integration(row: CallRule) -> UUID:
    """The rule's own; else any in which something could be made."""
    own: UUID | None = row.integration_id
    able = (one.id for one in live.with_capability(row.tenant_id, CallFollowUps))
    return own or next(able, NOWHERE)


def _previewed(
    call: Call, rule: Rule, others: Sequence[Rule], policy: Policy, integration_id: UUID
) -> Previewed:
    line = policy.line(call.did, call.trunk)
    facts = rule_facts(call, policy, integration_id)
    if not call.client_number:
        return Previewed(call, line.title, _("The client's number is not known."), "quiet")
    if not fits(rule, facts):
        return Previewed(call, line.title, mismatch(rule, facts), "quiet")
    former = next((one for one in others if fits(one, facts)), None)
    if former is not None and _always(former, rule):
        return Previewed(call, line.title, _("“%(rule)s” comes first.") % {"rule": former.name}, "quiet")
    name = named(rule.name_template, number=call.client_number, line=line.title, name=call.client_name)
    return Previewed(call, line.title, _effects(rule, former), "good", name)


def _always(former: Rule, rule: Rule) -> bool:
    """Whether the former one holds for every client for whom this one would."""
    return former.client in ("any", rule.client)


def mismatch(rule: Rule, facts: RuleFacts) -> str:
    """The first thing about the call that the rule is not meant for."""
    reasons = (
        (rule.integration_id not in (None, facts.integration_id), _("It is for another integration.")),
        (not fits(replace(_open(rule), direction=rule.direction), facts), _("The direction is another.")),
        (not fits(replace(_open(rule), outcome=rule.outcome), facts), _("It ended in another way.")),
        (not fits(replace(_open(rule), lines=rule.lines), facts), _("It came on another line.")),
        (not fits(replace(_open(rule), hours=rule.hours), facts), _("It came at another time.")),
    )
    return next((text for is_so, text in reasons if is_so), "")


def _open(rule: Rule) -> Rule:
    """The rule without any of its conditions."""
    return Rule(id=rule.id, name=rule.name, direction="any", outcome="any", client="any", hours="any")


def _effects(rule: Rule, former: Rule | None) -> str:
    wanted = [
        text
        for is_wanted, text in (
            (rule.creates_contact, _("contact")),
            (rule.creates_lead, _("lead")),
            (rule.creates_task, _("task")),
        )
        if is_wanted
    ]
    conditions = {"known": _("if the client is known"), "unknown": _("if the client is unknown")}
    condition = conditions.get(rule.client, "")
    if former is not None and not condition:
        other = "unknown" if former.client == "known" else "known"
        condition = conditions[other]
    return " ".join(filter(None, (", ".join(wanted), condition)))

"""Which rule holds for a call, and what it wants done. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from telephony.models.rule import ANY, Responsible, RuleClient, RuleHours, RuleOutcome
from telephony.policies.snapshot import Rule

LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """What rules look at. `is_known` is None while nobody has asked the CRM, `is_answered` when nobody can tell."""

    integration_id: UUID
    direction: str
    is_answered: bool | None
    line: str
    is_open: bool
    is_known: bool | None = None


def choose(rules: Iterable[Rule], facts: RuleFacts) -> Rule | None:
    """The first that fits."""
    return next((rule for rule in rules if fits(rule, facts)), None)


def possible(rules: Iterable[Rule], facts: RuleFacts) -> Iterator[Rule]:
    """Those one of which holds, depending on whether the client is known."""
    for rule in rules:
        if fits(rule, facts):
            yield rule
            if rule.client == ANY:
                return


def fits(rule: Rule, facts: RuleFacts) -> bool:
    """Whether the rule is meant for such a call; what is not known yet fits."""
    return (
        rule.integration_id in (None, facts.integration_id)
        and rule.direction in (ANY, facts.direction)
        and (rule.outcome == ANY or facts.is_answered is (rule.outcome == RuleOutcome.ANSWERED))
        and (rule.hours == ANY or (rule.hours == RuleHours.INSIDE) is facts.is_open)
        and (not rule.lines or facts.line in rule.lines)
        and (
            rule.client == ANY
            or facts.is_known is None
            or (rule.client == RuleClient.KNOWN) is facts.is_known
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Extensions that had a part in a call, and the CRM's ids of those that it knows (`users`)."""

    rang_first: str = ""
    talked_last: str = ""
    of_line: str = ""
    owner_id: str = ""
    owner_extension: str = ""
    users: Mapping[str, str]


def responsible(rule: Rule, people: People) -> str:
    """The CRM's id of whose it becomes; empty when nobody can be named, and the CRM chooses."""
    users = people.users
    wanted = {
        Responsible.FIRST_RANG: users.get(people.rang_first, ""),
        Responsible.LAST_TALKED: users.get(people.talked_last, ""),
        Responsible.OWNER: people.owner_id or users.get(people.owner_extension, ""),
        Responsible.DEFAULT: "",
    }[Responsible(rule.responsible)]
    return wanted or users.get(rule.extension, "") or users.get(people.of_line, "")


def named(template: str, *, number: str, line: str, name: str) -> str:
    """The template with what is known of a call; the number when nothing else is left of it."""
    filled = template
    for placeholder, value in (("{number}", number), ("{line}", line), ("{name}", name)):
        filled = filled.replace(placeholder, value)
    return " ".join(filled.split())[:LONGEST_NAME] or number

"""Who may do what, everywhere: read from what pages, resources and datasets declare, never written down twice.

Rooms declare how their surface is read (`rules_of`); nothing here asks who is above. `manage.py access_matrix` makes
docs/access.md of it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from tenants.models import Role

ROLES: tuple[str, ...] = tuple(Role.values)
MAY, OWN, MAY_NOT = "yes", "own", "–"


@dataclass(frozen=True, slots=True)
class Rule:
    """One action on one resource of a surface, and the roles that may, besides the operator's staff."""

    surface: str
    resource: str
    action: str
    roles: frozenset[str]
    sees_own: Collection[str] = field(default=())

    def of(self, role: str) -> str:
        """What docs/access.md says of that role."""
        if role not in self.roles:
            return MAY_NOT
        return OWN if role in self.sees_own else MAY


RuleReader = Callable[[], Iterable[Rule]]
_readers: dict[str, RuleReader] = {}


def rules_of(surface: str) -> Callable[[RuleReader], RuleReader]:
    """Register the function that reads a surface's rules."""

    def register(reader: RuleReader) -> RuleReader:
        _readers[surface] = reader
        return reader

    return register


def all_rules() -> list[Rule]:
    """In the order of the document."""
    return [
        rule
        for surface in sorted(_readers)
        for rule in sorted(_readers[surface](), key=lambda rule: rule.resource)
    ]


def document() -> str:
    """docs/access.md."""
    return "\n".join([INTRODUCTION, *(_section(name, list(rules)) for name, rules in _by_surface())])


def _by_surface() -> Iterable[tuple[str, Iterable[Rule]]]:
    return groupby(all_rules(), key=lambda rule: rule.surface)


def _section(surface: str, rules: list[Rule]) -> str:
    head = [
        "",
        f"## {surface}",
        "",
        f"| what | action | {' | '.join(ROLES)} |",
        "|---|---|" + "---|" * len(ROLES),
    ]
    rows = []
    shown = ""
    for rule in rules:
        cells = " | ".join(rule.of(role) for role in ROLES)
        rows.append(f"| {rule.resource if rule.resource != shown else ''} | {rule.action} | {cells} |")
        shown = rule.resource
    return "\n".join([*head, *rows])


INTRODUCTION = """\
# Who may do what

Made from the code by `python manage.py access_matrix`; tests hold this page to the code, and the code to this page
(tests/test_access.py asks every address as every role). `own`: only what the person had a part in. An
operator may do all of it in every company, and is audited there; rows without any role are for operators only.
API keys and trusted systems go by scopes instead ([api.md](api.md)), each part of a call's story by the scope of its own
resource.

Objects narrow some of it further: owners are changed by owners, the last owner stays, nobody gives a role above their
own, files of data that a role may not export are not listed for it. Bulk actions, autocompletes, inline forms and
buttons ask for the same right as the page.

`reset_factors` removes a member's passkeys, authenticator app and recovery codes. They are the person's and guard every
company that they work in: an owner removes them only for somebody who has no membership in another company, be it a
disabled one, and is no operator; for everybody else only an operator can. Nobody removes their own that way."""

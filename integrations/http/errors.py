"""Errors of outgoing calls that say more than the hub's common ones."""

from tenants.errors import TransientError


class OutcomeUnknown(TransientError):
    """The request left, but no sound answer came: the other side may or may not have acted on it."""

    code = "outcome_unknown"


class CircuitOpen(TransientError):
    """Nothing was sent: the outside system failed too often lately, and is given time to recover."""

    code = "circuit_open"


class BudgetSpent(TransientError):
    """Nothing (more) was sent: the time that the caller gave is used up."""

    code = "budget_spent"

"""Errors of outgoing calls that say more than the hub's common ones."""

from tenants.errors import AuthFailed, ConfigError, HubError, RemoteRejected, TransientError


class OutcomeUnknown(TransientError):
    """The request left, but no sound answer came: the other side may or may not have acted on it."""

    code = "outcome_unknown"


class CircuitOpen(TransientError):
    """Nothing was sent: the outside system failed too often lately, and is given time to recover."""

    code = "circuit_open"


class BudgetSpent(TransientError):
    """Nothing (more) was sent: the time that the caller gave is used up."""

    code = "budget_spent"


class NotConnected(ConfigError):
    """Nothing was sent: nobody has allowed us into the account yet. No failure of the integration's."""

    code = "not_connected"


class AccessEnded(AuthFailed):
    """The outside system gives us no new token: somebody has to connect the account again. Nothing more is asked."""


class NotSent(HubError):
    """A dry run: the request would change something, so it was noted and not sent."""

    code = "dry_run"


class Unreachable(RemoteRejected):
    """This person or group cannot be written to: they blocked us, left, or never wrote first."""

    code = "unreachable"

"""What a company decided about its calls, as every call needs it: frozen, and read once for many calls."""

from telephony.policies.snapshot import HeardLine, Policy, Rule
from telephony.policies.store import forget, forget_all, met, of_tenant

__all__ = ["HeardLine", "Policy", "Rule", "forget", "forget_all", "met", "of_tenant"]

"""The gate through which every outgoing request leaves: where it may go, checked on the address dialled."""

from config.egress.errors import EgressDenied, UrlProblem
from config.egress.policy import check_address
from config.egress.url import check_url

__all__ = ["EgressDenied", "UrlProblem", "check_address", "check_url"]

"""What a company may use of exports, what it uses, and what follows when asked for more."""

from exports.limits.asking import LimitReached, check_asked
from exports.limits.effective import Limits, limits_of
from exports.limits.usage import Usage, kept_size, usage_of

__all__ = ["LimitReached", "Limits", "Usage", "check_asked", "kept_size", "limits_of", "usage_of"]

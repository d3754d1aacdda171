"""The schemes of proof. Each looks at raw bytes only, in constant time, and never raises whatever was sent.

A scheme returns the code of `webhooks.reasons` that says why the proof fails, or an empty text when it holds.
"""

from collections.abc import Callable

from webhooks.presets.arrival import Arrival

Scheme = Callable[[Arrival, str, float], str]
"""(arrival, secret, tolerance in seconds) -> reason, empty when genuine."""

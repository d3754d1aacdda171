"""Pages of telephony: exchanges, calls with their story, CRM notifications, what could not be read."""

from telephony.admin import calls, events, notifications, pbx

__all__ = ["calls", "events", "notifications", "pbx"]

"""Pages of telephony: exchanges, calls with their story, CRM notifications, what could not be read."""

from telephony.admin import calls, dashboard, demo, events, notifications, pbx

__all__ = ["calls", "dashboard", "demo", "events", "notifications", "pbx"]

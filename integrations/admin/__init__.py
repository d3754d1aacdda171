"""The admin of this room: integrations and their exchanges."""

from integrations.admin import dashboard, exchanges, integrations  # noqa: F401

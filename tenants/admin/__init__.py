"""The admin: the base that all apps share, and the pages of companies, people, keys and the audit trail."""

from tenants.admin import (
    api_keys,
    applications,
    companies,
    installation,
    invitations,
    members,
    rules,
    trail,
    users,
)

__all__ = [
    "api_keys",
    "applications",
    "companies",
    "installation",
    "invitations",
    "members",
    "rules",
    "trail",
    "users",
]

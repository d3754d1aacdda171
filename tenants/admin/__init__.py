"""The admin: the base that all apps share, and the pages of companies, people, keys and the audit trail."""

from tenants.admin import access, companies, machines, rules, trail

__all__ = ["access", "companies", "machines", "rules", "trail"]

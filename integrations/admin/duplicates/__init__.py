"""Duplicates in the admin: groups and their merging, merges and their undoing, the work on many, and the rules."""

from integrations.admin.duplicates import groups, jobs, merges, rules  # noqa: F401

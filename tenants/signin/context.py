"""The admin's look for allauth's pages, which know nothing of the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

PAGES = (
    "mfa_",
    "account_",
    "socialaccount_",
    "openid_connect_",
    "admin_password_reset",
    "password-",
    "invitation",
)


def admin_look(request: HttpRequest) -> dict[str, Any]:
    match = getattr(request, "resolver_match", None)
    if match is None or not match.view_name.startswith(PAGES):
        return {}
    return admin.site.each_context(request)

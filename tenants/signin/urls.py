"""The door's pages, below /admin/: the names are allauth's where its views look for them."""

from allauth.account import views as account
from django.urls import include, path
from django.views.generic import RedirectView

from tenants.signin import openid, views

urlpatterns = [
    path("admin/security/", views.security, name="security"),
    path("admin/security/sessions/end/", views.end_own_sessions, name="end-own-sessions"),
    path("admin/security/two-factor/", include("allauth.mfa.urls")),
    path("admin/security/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("admin/sign-in/openid/", openid.start, name="openid-start"),
    path("admin/sign-in/openid/callback/", openid.callback, name="openid-callback"),
    path("admin/sign-in/leave/", account.logout, name="account_logout"),
    path(
        "admin/sign-in/",
        RedirectView.as_view(pattern_name="admin:login", query_string=True),
        name="account_login",
    ),
]

"""The door's pages, below /admin/: the names are allauth's where its views look for them."""

from allauth.account import views as account
from django.urls import include, path

from tenants.signin import forgotten_pages, openid, views
from tenants.signin.invitation import invitation_page

urlpatterns = [
    path("admin/invitation/<str:token>/", invitation_page, name="invitation"),
    # By this name unfold's sign-in page finds it.
    path("admin/forgotten-password/", forgotten_pages.forgotten_page, name="admin_password_reset"),
    path("admin/forgotten-password/asked/", forgotten_pages.asked_page, name="password-asked"),
    path("admin/new-password/<str:token>/", forgotten_pages.link_page, name="password-link"),
    path("admin/security/", views.security, name="security"),
    path("admin/security/sessions/end/", views.end_own_sessions, name="end-own-sessions"),
    path("admin/security/two-factor/", include("allauth.mfa.urls")),
    path("admin/security/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("admin/sign-in/openid/", openid.start, name="openid-start"),
    path("admin/sign-in/openid/callback/", openid.callback, name="openid-callback"),
    path("admin/sign-in/leave/", account.logout, name="account_logout"),
    # The admin's own address, under the name by which allauth sends people there.
    path("admin/login/", views.sign_in_page, name="account_login"),
]

"""Literal paths of this room."""

from django.urls import path

from integrations.admin.account import oauth_callback
from integrations.views import handoff

urlpatterns = [
    path("handoff/<str:ticket>", handoff, name="handoff"),
    path("integrations/oauth/callback", oauth_callback, name="integration-oauth-callback"),
]

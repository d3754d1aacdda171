"""The addresses that our module tells RetailCRM (mapping.py)."""

from django.urls import path

from integrations.connectors.retailcrm import mapping, views

urlpatterns = [
    path(mapping.ACTIVITY_PATH[1:], views.activity, name="retailcrm-activity"),
    path(mapping.STATUS_PATH[1:], views.status, name="retailcrm-status"),
    path(mapping.ACCOUNT_PATH[1:], views.account, name="retailcrm-account"),
]

"""Literal paths of this room that Django answers."""

from django.urls import path

from telephony.api.live import LiveView
from telephony.api.missed import CallBackView
from telephony.api.originations import OriginateView
from telephony.api.redirects import SmartRedirectViewSet
from telephony.api.statistics import StatisticsView
from telephony.recordings.serving import recording
from telephony.views import make_call, make_call_external

urlpatterns = [
    path("r/<str:token>", recording, name="recording"),
    path("api/smart-redirect", SmartRedirectViewSet.as_view({"post": "create"}), name="smart-redirect"),
    path("retailcrm/make-call", make_call, name="make-call"),
    path("api/makecallexternal", make_call_external, name="make-call-external"),
    path("api/v1/calls/originate", OriginateView.as_view(), name="originate"),
    path("api/v1/calls/statistics", StatisticsView.as_view(), name="call-statistics"),
    path("api/v1/calls/live", LiveView.as_view(), name="calls-live"),
    path("api/v1/missed-clients/<uuid:pk>/call-back", CallBackView.as_view(), name="missed-client-call-back"),
]

"""/api/v1/calls/live: the calls that ring or talk at this moment, and the phones that they are at."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.models import CallDirection, CallPhase
from telephony.selectors.live import live
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import TenantAPIView
from tenants.models import Role


class LiveCallSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    direction = serializers.ChoiceField(choices=CallDirection.choices)
    phase = serializers.ChoiceField(choices=CallPhase.choices)
    is_waiting = serializers.BooleanField(help_text="Somebody outside waits for an answer.")
    client_number = serializers.CharField(source="client")
    client_name = serializers.CharField()
    line = serializers.CharField()
    extensions = serializers.ListField(
        child=serializers.CharField(), help_text="Those that ring, or the one that talks."
    )
    since = serializers.DateTimeField(help_text="When it began to wait, to ring or to talk.")
    started_at = serializers.DateTimeField()


class LivePhoneSerializer(serializers.Serializer[Any]):
    extension = serializers.CharField()
    name = serializers.CharField()
    state = serializers.CharField(
        help_text="talking, ringing or free; else what the exchange says: idle, busy, hold, away, unknown."
    )
    since = serializers.DateTimeField(allow_null=True)
    client_number = serializers.CharField(source="client", help_text="Whom it is in a call with.")


class LiveSerializer(serializers.Serializer[Any]):
    """Clients who wait come first, the longest first."""

    at = serializers.DateTimeField(help_text="When it was so; a second ago at most.")
    version = serializers.CharField(help_text="The same as long as nothing changed but the clock.")
    calls = LiveCallSerializer(many=True)
    phones = LivePhoneSerializer(many=True)


class LiveView(TenantAPIView):
    resource = "calls"
    sees_own = (Role.AGENT,)
    http_method_names = ("get", "head", "options")

    @extend_schema(operation_id="calls_live", responses=LiveSerializer)
    def get(self, request: Request) -> HttpResponse:
        """Calls at this moment. Agents get those of their own extension, and their own phone."""
        member = None if machine_of(request) else member_of(request._request)
        answer = Response(LiveSerializer(live(self.tenant.pk).of(member)).data)
        answer["Cache-Control"] = "no-store"
        return answer

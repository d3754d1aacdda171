"""/endpoints/{id}/events: a subscriber fetches what it was, or would have been, sent."""

from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import TenantAPIView
from tenants.api.strict import StrictSerializer, refuse_strange_parameters
from webhooks.models import DeliveryState, Endpoint
from webhooks.polling import MOST, START, USUAL, place_at, poll


class PlaceSerializer(StrictSerializer):
    after = serializers.UUIDField(
        required=False,
        help_text="The `cursor` of the answer before; from the oldest kept event when left out.",
    )
    since = serializers.DateTimeField(
        required=False, help_text="In place of `after`, for the first time: from this moment on."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=USUAL)


class PolledSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The webhook-id: the same as in the request that is sent.")
    type = serializers.CharField()
    delivery = serializers.UUIDField()
    state = serializers.ChoiceField(DeliveryState.choices)
    created_at = serializers.DateTimeField()
    content_type = serializers.CharField(allow_blank=True)
    body = serializers.CharField(
        allow_null=True, help_text="Byte for byte what is sent; null when it is no longer kept."
    )


class BatchSerializer(serializers.Serializer[Any]):
    events = PolledSerializer(many=True)
    cursor = serializers.UUIDField(help_text="Give it as `after` next time, also when there were no events.")
    has_more = serializers.BooleanField(help_text="Ask again at once.")


class PollView(TenantAPIView):
    """Events of one endpoint in their order, to the millisecond, whatever became of their delivery.

    The newest appear some seconds late: what is still being written is never stepped over. A disabled endpoint goes on
    collecting, so it can serve receivers that no request can reach.
    """

    resource = "deliveries"
    read_roles = write_roles = MANAGERS

    @extend_schema(parameters=[PlaceSerializer], responses=BatchSerializer)
    def get(self, request: Request, endpoint_id: UUID) -> Response:
        refuse_strange_parameters(request.query_params, PlaceSerializer().fields)
        wanted = PlaceSerializer(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None:
            raise Http404
        values = wanted.validated_data
        since = values.get("since")
        place = values.get("after") or (place_at(since) if since else START)
        return Response(BatchSerializer(poll(endpoint, place, values["limit"])).data)

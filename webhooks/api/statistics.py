"""How deliveries went: /endpoints/{id}/stats, and of all endpoints together."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import TenantAPIView
from tenants.api.strict import StrictSerializer, refuse_strange_parameters
from webhooks.statistics import LONGEST, MOST_COUNTED, USUAL, statistics

HOUR = timedelta(hours=1)


class SpanSerializer(StrictSerializer):
    hours = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST // HOUR,
        default=USUAL // HOUR,
        help_text="How far back, in whole hours before the present one.",
    )


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    what = serializers.CharField(help_text="The code in words.")
    count = serializers.IntegerField()


class HourSerializer(serializers.Serializer[Any]):
    hour = serializers.DateTimeField(help_text="Its beginning.")
    delivered = serializers.IntegerField()
    retried = serializers.IntegerField()
    given_up = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    delivered = serializers.IntegerField(help_text="Tries that were answered well.")
    retried = serializers.IntegerField(help_text="Tries that failed and are made again later.")
    given_up = serializers.IntegerField(help_text="Deliveries whose last try failed.")
    success_rate = serializers.FloatField(
        allow_null=True, help_text="Of the deliveries that ended, from 0 to 1; null when none did."
    )
    p50_ms = serializers.FloatField(
        allow_null=True, help_text="Half of the delivered tries took no longer; within a quarter."
    )
    p95_ms = serializers.FloatField(allow_null=True)
    reasons = ReasonSerializer(many=True, help_text="Why tries failed, the most frequent first.")
    hours = HourSerializer(many=True, help_text="Every hour, oldest first.")
    waiting = serializers.IntegerField(
        help_text=f"Deliveries that are due or will be; not counted beyond {MOST_COUNTED}."
    )
    parked = serializers.IntegerField(help_text=f"Not counted beyond {MOST_COUNTED}.")
    oldest_waiting_at = serializers.DateTimeField(allow_null=True)


def span_of(request: Request) -> timedelta:
    """What the request's `hours` says; ValidationError for anything else."""
    refuse_strange_parameters(request.query_params, {"hours"})
    wanted = SpanSerializer(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    return HOUR * int(wanted.validated_data["hours"])


class StatisticsView(TenantAPIView):
    """How the deliveries of all endpoints together went."""

    resource = "deliveries"
    read_roles = write_roles = MANAGERS

    @extend_schema(parameters=[SpanSerializer], responses=StatisticsSerializer)
    def get(self, request: Request) -> Response:
        return Response(StatisticsSerializer(statistics(lasting=span_of(request))).data)


@extend_schema_view(get=extend_schema(operation_id="webhooks_stats_of_all"))
class WebhookStatisticsView(StatisticsView):
    """The same at /webhooks/stats, beside /webhooks/{id}/stats."""

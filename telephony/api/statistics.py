"""/api/v1/calls/statistics: what some days' calls come to, in all, by extension, by line, by hour and by day."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.actions.look_up_statistics import Figures, look_up
from telephony.selectors.statistics import MOST_DAYS, USUAL, Part, Statistics
from tenants.access import member_of
from tenants.api.authentication import machine_of
from tenants.api.base import TenantAPIView
from tenants.api.strict import refuse_strange_parameters
from tenants.models import Extension, Role


class SpanSerializer(serializers.Serializer[Any]):
    """Both days are included, in the company's time zone; without any it is the last week."""

    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, date]:
        until = attrs.get("until") or timezone.localdate()
        try:
            since = attrs.get("since") or until - USUAL
            is_too_long = (until - since).days >= MOST_DAYS
        except OverflowError as error:
            raise serializers.ValidationError({"until": [_("There is no such time.")]}) from error
        if since > until:
            raise serializers.ValidationError({"since": [_("It is after the last day.")]})
        if is_too_long:
            raise serializers.ValidationError(
                {"since": [_("At most %(days)d days at once.") % {"days": MOST_DAYS}]}
            )
        return {"since": since, "until": until}


class CallSumsSerializer(serializers.Serializer[Any]):
    """Calls of one direction. Waits are those of incoming calls that were answered."""

    calls = serializers.IntegerField()
    answered = serializers.IntegerField()
    missed = serializers.IntegerField()
    answered_percent = serializers.IntegerField(
        source="share", allow_null=True, help_text="Of those that were answered or missed."
    )
    wait_seconds = serializers.FloatField(source="wait", allow_null=True, help_text="On average.")
    wait_95_seconds = serializers.FloatField(
        source="wait_95", allow_null=True, help_text="95 % were answered within."
    )
    talk_seconds = serializers.FloatField(source="talk", allow_null=True, help_text="On average.")
    talk_total_seconds = serializers.IntegerField(source="talk_total")


class ExtensionPartSerializer(serializers.Serializer[Any]):
    extension = serializers.CharField(source="part.key", help_text="Empty: calls that belong to nobody.")
    name = serializers.CharField()
    incoming = CallSumsSerializer(source="part.incoming")
    outgoing = CallSumsSerializer(source="part.outgoing")


class LinePartSerializer(serializers.Serializer[Any]):
    line = serializers.CharField(source="key", help_text="Empty: no line was told.")
    incoming = CallSumsSerializer()
    outgoing = CallSumsSerializer()


class CallHourSerializer(serializers.Serializer[Any]):
    """Incoming calls that began in that hour of the week."""

    weekday = serializers.IntegerField(help_text="1 is Monday.")
    hour = serializers.IntegerField(help_text="0 to 23.")
    calls = serializers.IntegerField()
    missed = serializers.IntegerField()


class CallDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    answered = serializers.IntegerField()
    missed = serializers.IntegerField()
    outgoing = serializers.IntegerField()


class AnsweredWithinSerializer(serializers.Serializer[Any]):
    """How many incoming calls were answered within so many seconds."""

    seconds = serializers.IntegerField()
    count = serializers.IntegerField()
    percent = serializers.IntegerField(source="share")


class CallStatisticsSerializer(serializers.Serializer[Any]):
    """Agents get their own extension's: neither lines nor hours."""

    since = serializers.DateField()
    until = serializers.DateField()
    timezone = serializers.CharField(help_text="In which the days and hours are.")
    uncounted = serializers.ListField(
        child=serializers.DateField(),
        help_text="Days that are not in the figures yet: they are being counted, ask again shortly.",
    )
    incoming = CallSumsSerializer()
    outgoing = CallSumsSerializer()
    answered_within = AnsweredWithinSerializer(many=True)
    extensions = ExtensionPartSerializer(many=True)
    lines = LinePartSerializer(many=True)
    hours = CallHourSerializer(many=True, help_text="Those with calls.")
    days = CallDaySerializer(many=True)


class StatisticsView(TenantAPIView):
    resource = "calls"
    sees_own = (Role.AGENT,)
    http_method_names = ("get", "head", "options")

    @extend_schema(
        operation_id="calls_statistics", parameters=[SpanSerializer], responses=CallStatisticsSerializer
    )
    def get(self, request: Request) -> HttpResponse:
        """By extension, by line, by hour of the week and by day. What the page Statistics shows."""
        refuse_strange_parameters(request.query_params, SpanSerializer().fields)
        span = SpanSerializer(data=request.query_params)
        span.is_valid(raise_exception=True)
        since, until = span.validated_data["since"], span.validated_data["until"]
        member = None if machine_of(request) else member_of(request._request)
        figures = look_up(self.tenant.pk, since, until, timezone.localdate(), member)
        shown = {"since": since, "until": until, "timezone": str(self.tenant.zone), **_shown(figures)}
        return Response(CallStatisticsSerializer(shown).data)


def _shown(figures: Figures) -> dict[str, Any]:
    found = figures.found
    return {
        "uncounted": figures.uncounted,
        "incoming": found.incoming,
        "outgoing": found.outgoing,
        "answered_within": found.responses,
        "extensions": _named(found.extensions),
        "lines": found.lines,
        "hours": _hours(found),
        "days": found.days,
    }


def _named(parts: Any) -> list[dict[str, Part | str]]:
    names = dict(Extension.objects.values_list("number", "name"))
    return [{"part": part, "name": names.get(part.key, "")} for part in parts]


def _hours(found: Statistics) -> list[dict[str, int]]:
    return [
        {"weekday": weekday, "hour": hour, "calls": cell.calls, "missed": cell.missed}
        for weekday, cells in enumerate(found.heat, 1)
        for hour, cell in enumerate(cells)
        if cell.calls
    ]

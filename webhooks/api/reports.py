"""/api/v1/reports"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.access import MANAGERS
from tenants.api.base import TenantViewSet
from webhooks.actions.send_report import preview_report, send_report_now
from webhooks.models import Report, ReportRun
from webhooks.reports.composing import as_data
from webhooks.selectors import report_runs

SHOWN_RUNS = 100


class ReportSerializer(serializers.ModelSerializer[Report]):
    sections = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        help_text="Such as calls, business, conversations, systems, webhooks, exports; empty for all.",
    )
    endpoints = serializers.ListField(
        child=serializers.CharField(max_length=36),
        required=False,
        help_text="Ids, beside those that subscribe.",
    )
    addresses = serializers.ListField(child=serializers.EmailField(), required=False)
    at = serializers.TimeField(format="%H:%M", required=False, help_text="In the company's time zone.")

    class Meta:
        model = Report
        fields = (
            *("id", "name", "rhythm", "at", "weekday", "sections", "endpoints", "addresses", "skips_quiet"),
            *("is_enabled", "next_due_at", "created_at", "updated_at"),
        )
        read_only_fields = ("id", "next_due_at", "created_at", "updated_at")

    def create(self, validated_data: dict[str, Any]) -> Report:
        return self._saved(Report(), validated_data)

    def update(self, instance: Report, validated_data: dict[str, Any]) -> Report:
        return self._saved(instance, validated_data)

    @staticmethod
    def _saved(report: Report, values: dict[str, Any]) -> Report:
        for name, value in values.items():
            setattr(report, name, value)
        report.full_clean()
        report.save()
        return report


class ReportRunSerializer(serializers.ModelSerializer[ReportRun]):
    class Meta:
        model = ReportRun
        fields = ("id", "since", "until", "occurrence", "event", "summary", "mails", "created_at")


class ReportViewSet(TenantViewSet):
    """Daily and weekly summaries."""

    resource = "reports"
    model = Report
    read_roles = MANAGERS
    serializer_class = ReportSerializer

    def scoped_queryset(self) -> QuerySet[Report]:
        return Report.objects.select_related("tenant").order_by("name")

    @extend_schema(responses={200: dict[str, Any]})
    @action(detail=True, methods=["get"])
    def preview(self, request: Request, pk: str) -> Response:
        """The data that `report.daily` or `report.weekly` would have now; nothing is stored."""
        report = self.get_object()
        return Response(as_data(report, preview_report(report)))

    @extend_schema(request=None, responses={202: ReportRunSerializer})
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Send the one of the last whole day or week now; the schedule goes on as before."""
        run = send_report_now(self.get_object())
        return Response(ReportRunSerializer(run).data, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=ReportRunSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def runs(self, request: Request, pk: str) -> Response:
        """Those that were made, newest first, at most a hundred."""
        found = report_runs(self.get_object())[:SHOWN_RUNS]
        return Response(ReportRunSerializer(found, many=True).data)

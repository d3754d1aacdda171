"""/api/v1/telephone-exchanges/{id}/call-records: what an exchange recorded, handed over as a file."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError as Invalid
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from telephony.actions.take_records import pbx_of, take_records
from telephony.models import CatchUpReport, CdrSource, Pbx
from tenants.api.base import TenantAPIView
from tenants.api.problems import TooLarge


class CsvParser(BaseParser):
    """The file itself, as it is."""

    media_type = "text/csv"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = settings.CALL_RECORDS_MAX_SIZE
        content: bytes = stream.read(limit + 1)
        if len(content) > limit:
            raise TooLarge
        return content


class CatchUpReportSerializer(serializers.ModelSerializer[CatchUpReport]):
    class Meta:
        model = CatchUpReport
        fields: ClassVar[Any] = (
            "id",
            "created_at",
            "cause",
            "rows_read",
            "rows_new",
            "rows_refused",
            "missing",
            "differing",
            "unchanged",
        )
        read_only_fields = fields


class CallRecordsViewSet(TenantAPIView, viewsets.ViewSet):
    """Upload of call records; rows that are known already change nothing."""

    resource = "call-records"
    model = Pbx
    resource_title = CdrSource._meta.verbose_name_plural or ""
    parser_classes = (CsvParser,)
    lookup_value_regex = "[0-9a-f-]{36}"

    @extend_schema(
        operation_id="telephone_exchanges_call_records_create",
        parameters=[
            OpenApiParameter(
                "columns", description="Names of the columns in their order, for a file with neither headings"
                " nor Asterisk's own layout.",
            )
        ],
        request={"text/csv": OpenApiTypes.STR},
        responses={201: CatchUpReportSerializer},
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="call-records")
    def call_records(self, request: Request, pk: UUID) -> Response:
        """Take a CSV file such as Asterisk's Master.csv. Calls that are only there appear in the history."""
        pbx = pbx_of(pk)
        if pbx is None:
            raise Http404
        content: Any = request.data  # bytes, or an empty mapping without a body
        try:
            report = take_records(pbx, content or b"", columns=request.query_params.get("columns", ""))
        except Invalid as error:
            raise ValidationError({"file": error.messages}) from error
        return Response(CatchUpReportSerializer(report).data, status=status.HTTP_201_CREATED)

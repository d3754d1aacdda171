"""/api/v1/captures"""

from typing import Any, cast

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants import audit
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from webhooks.actions.capture import begin_capture, look_for_sender, make_source, source_of
from webhooks.api.capture_serializers import (
    CaptureDetailSerializer,
    CaptureSerializer,
    SuggestionsSerializer,
    SuggestSerializer,
    UseSerializer,
)
from webhooks.api.source_serializers import SourceSerializer
from webhooks.models import Capture


class CaptureViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, ReadOnlyTenantViewSet):
    """URLs that record for an hour what a sender sends, to find out how it signs."""

    resource = "captures"
    model = Capture
    read_roles = MANAGERS

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return CaptureDetailSerializer if self.action == "retrieve" else CaptureSerializer

    def scoped_queryset(self) -> QuerySet[Capture]:
        return Capture.objects.order_by("-id")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        capture = Capture(tenant=self.tenant, **serializer.validated_data)
        serializer.instance = begin_capture(capture)

    @transaction.atomic
    def perform_destroy(self, instance: Model) -> None:
        audit.record("capture.deleted", instance, before={"name": cast(Capture, instance).name})
        instance.delete()

    @extend_schema(request=SuggestSerializer, responses=SuggestionsSerializer)
    @action(detail=True, methods=["post"])
    def suggest(self, request: Request, pk: str) -> Response:
        """Who may have sent what was recorded. The secret is tried and forgotten."""
        capture = self._unused()
        wanted = SuggestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        found = look_for_sender(capture, wanted.validated_data["secret"])
        answer = {"recorded": capture.captured.count(), "suggestions": found}
        return Response(SuggestionsSerializer(answer).data)

    @extend_schema(request=UseSerializer, responses={201: SourceSerializer})
    @action(detail=True, methods=["post"], url_path="make-source")
    def make_source(self, request: Request, pk: str) -> Response:
        """Make the source that fits, at the same URL; what it proves of the recorded requests is processed."""
        capture = self._unused()
        wanted = UseSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        proving = [one for one in look_for_sender(capture, values["secret"]) if one.proves]
        fitting = [one for one in proving if values.get("preset") in (None, one.preset.name)]
        if not fitting:
            field = "preset" if proving else "secret"
            raise ValidationError({field: [_("It proves none of the recorded requests.")]})
        source = source_of(capture, fitting[0], values["secret"], values.get("name", ""))
        make_source(capture, source)
        return Response(SourceSerializer(source).data, status=201)

    def _unused(self) -> Capture:
        capture: Capture = self.get_object()
        if capture.has_source:
            raise Conflict(_("A source was made of this capture already."))
        return capture

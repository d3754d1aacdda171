"""/api/v1/endpoints"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import TenantViewSet
from webhooks.actions.create_endpoint import create_endpoint
from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.actions.enable_endpoint import enable_endpoint
from webhooks.actions.mass import begin_missing
from webhooks.actions.rotate_secret import rotate_secret
from webhooks.actions.send_test import sample_of, send_test
from webhooks.api.deliveries import told
from webhooks.api.delivery_serializers import MissingSerializer, ReplayedSerializer
from webhooks.api.endpoint_serializers import (
    EndpointSerializer,
    FilterTrialSerializer,
    FilterTriedSerializer,
    NewEndpointSerializer,
    RotationSerializer,
    SecretSerializer,
    TestedSerializer,
    TestSerializer,
)
from webhooks.api.health import EndpointHealthSerializer, LanguageSerializer, SnippetSerializer, language_of
from webhooks.api.shown_once import ShownOnce
from webhooks.api.statistics import SpanSerializer, StatisticsSerializer, span_of
from webhooks.filters import BadFilter
from webhooks.health import health
from webhooks.missing import count_missing
from webhooks.models import Endpoint
from webhooks.schemes import public_key_of, secret_to_show
from webhooks.selectors import with_private_keys
from webhooks.signing import BadSecret
from webhooks.snippets import failing_sample, snippet
from webhooks.statistics import statistics
from webhooks.trials import try_filter


class EndpointViewSet(ShownOnce, TenantViewSet):
    """Subscribers: where events go."""

    resource = "endpoints"
    model = Endpoint
    read_roles = MANAGERS
    serializer_class = EndpointSerializer

    def scoped_queryset(self) -> QuerySet[Any]:
        return with_private_keys(super().scoped_queryset().select_related("flow"))

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return NewEndpointSerializer if self.action == "create" else EndpointSerializer

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """The secret is in this answer and never again."""
        values = dict(serializer.validated_data)
        secret = values.pop("plain_secret", None)
        endpoint = Endpoint(tenant=self.tenant, **values)
        with _told_about_secrets():
            made = create_endpoint(endpoint, secret)
        endpoint.plain_secret = secret_to_show(made)  # type: ignore[attr-defined]
        serializer.instance = endpoint

    @extend_schema(request=RotationSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Make a new secret; the old one signs too until the overlap ends."""
        wanted = RotationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        overlap = timedelta(hours=wanted.validated_data["overlap_hours"])
        with _told_about_secrets():
            made = rotate_secret(self.get_object(), wanted.validated_data.get("secret"), overlap)
        return Response({"secret": secret_to_show(made), "public_key": public_key_of(made)})

    @extend_schema(request=TestSerializer, responses={202: TestedSerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send `webhook.test`, or what it shows of another type, to this endpoint, by the way of every other event."""
        wanted = TestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        sample = sample_of(values["type"], values.get("data")) if "type" in values else None
        event, delivery = send_test(self.get_object(), values.get("message", ""), sample)
        return Response({"event": event.id, "delivery": delivery}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=FilterTrialSerializer, responses=FilterTriedSerializer)
    @action(detail=False, methods=["post"], url_path="test-filter")
    def test_filter(self, request: Request) -> Response:
        """Try a filter on up to fifty events that really happened; nothing is sent or stored."""
        wanted = FilterTrialSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        try:
            tried = try_filter(values["filter"], values["events"], values.get("type", ""))
        except BadFilter as error:
            raise ValidationError({"filter": [str(error)]}) from error
        matched = sum(one.matches for one in tried)
        answer = {"tested": len(tried), "matched": matched, "events": tried}
        return Response(FilterTriedSerializer(answer).data)

    @extend_schema(parameters=[SpanSerializer], responses=StatisticsSerializer)
    @action(detail=True, methods=["get"])
    def stats(self, request: Request, pk: str) -> Response:
        """How its deliveries went, hour by hour, and what waits."""
        lasting = span_of(request)
        return Response(StatisticsSerializer(statistics(self.get_object().pk, lasting)).data)

    @extend_schema(responses=EndpointHealthSerializer)
    @action(detail=True, methods=["get"])
    def health(self, request: Request, pk: str) -> Response:
        """Whether its receiver takes what is sent, what is wrong with it in plain words, and the fix."""
        return Response(EndpointHealthSerializer(health(self.get_object())).data)

    @extend_schema(parameters=[LanguageSerializer], responses=SnippetSerializer)
    @action(detail=True, methods=["get"])
    def snippet(self, request: Request, pk: str) -> Response:
        """A program that verifies this endpoint's signatures, tried on the newest delivery that failed."""
        language = language_of(request)
        endpoint = self.get_object()
        sample = failing_sample(endpoint)
        answer = {
            "language": language,
            "code": snippet(endpoint, language, sample),
            "is_failed": sample.is_failed,
        }
        return Response(SnippetSerializer(answer).data)

    @extend_schema(request=MissingSerializer, responses=ReplayedSerializer)
    @action(detail=True, methods=["post"], url_path="send-missing")
    def send_missing(self, request: Request, pk: str) -> Response:
        """Send events of a time that it never got. With `dry_run` (the default) it only says how many there are."""
        endpoint = self.get_object()
        wanted = MissingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        if not values["dry_run"]:
            return told(begin_missing(endpoint, values["since"], values["until"]))
        found = count_missing(endpoint, values["since"], values["until"])
        answer = {"count": found.count, "is_all": found.is_all, "dry_run": True}
        return Response(ReplayedSerializer(answer).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """Send events again. What was parked is sent by /deliveries/replay."""
        endpoint = self.get_object()
        enable_endpoint(endpoint)
        return Response(self.get_serializer(endpoint).data)

    @extend_schema(request=None, responses=EndpointSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        """Send nothing more; events are parked meanwhile."""
        endpoint = self.get_object()
        disable_endpoint(endpoint)
        return Response(self.get_serializer(endpoint).data)


@contextmanager
def _told_about_secrets() -> Iterator[None]:
    """What a secret must be depends on how the endpoint signs, which no field alone can know."""
    try:
        yield
    except BadSecret as error:
        raise ValidationError({"secret": [str(error)]}) from error

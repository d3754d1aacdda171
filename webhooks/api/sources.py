"""/api/v1/sources and /api/v1/inbound"""

from datetime import timedelta
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, TenantViewSet
from tenants.api.conflicts import told_conflicts
from webhooks.actions.change_source_secret import change_source_secret
from webhooks.actions.create_source import create_source
from webhooks.actions.own_source import refuse_owned
from webhooks.actions.replay_inbound import replay_one
from webhooks.actions.replay_range import replay_range, requests_of
from webhooks.api.shown_once import ShownOnce
from webhooks.api.source_serializers import (
    InboundDetailSerializer,
    InboundFilterSerializer,
    InboundReplayedSerializer,
    InboundReplaySerializer,
    InboundSerializer,
    NewSourceSerializer,
    SourceSecretSerializer,
    SourceSerializer,
)
from webhooks.models import Inbound, Source
from webhooks.selectors import InboundFilter, inbound_requests, sources


class SourceViewSet(ShownOnce, TenantViewSet):
    """Senders: whose webhooks are taken, and how they prove who they are."""

    resource = "sources"
    model = Source
    shown_once = frozenset({"made_secret"})
    read_roles = MANAGERS

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return NewSourceSerializer if self.action == "create" else SourceSerializer

    def scoped_queryset(self) -> QuerySet[Source]:
        return sources()

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        """A secret that is made here is in this answer and never again."""
        source = Source(tenant=self.tenant, **serializer.validated_data)
        with told_conflicts(self.model, serializer, self.tenant):
            source.made_secret = create_source(source)  # type: ignore[attr-defined]
        serializer.instance = source

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        """What belongs to an integration is changed there."""
        refuse_owned(cast(Source, serializer.instance))
        super().perform_update(serializer)

    def perform_destroy(self, instance: Source) -> None:  # type: ignore[override]
        refuse_owned(instance)
        super().perform_destroy(instance)

    @extend_schema(request=SourceSecretSerializer, responses=NewSourceSerializer)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> Response:
        """Set a new secret; the former one is accepted, too, until the overlap ends."""
        wanted = SourceSecretSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        source = self.get_object()
        refuse_owned(source)
        overlap = timedelta(hours=wanted.validated_data["overlap_hours"])
        source.made_secret = change_source_secret(source, wanted.validated_data.get("secret"), overlap)
        return Response(NewSourceSerializer(source).data)


class InboundViewSet(ReadOnlyTenantViewSet):
    """What sources sent."""

    resource = "inbound"
    model = Inbound
    filters = tuple(InboundFilterSerializer().fields)
    read_roles = MANAGERS
    write_roles = MANAGERS

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return InboundDetailSerializer if self.action == "retrieve" else InboundSerializer

    def scoped_queryset(self) -> QuerySet[Inbound]:
        if self.action != "list":
            return inbound_requests().defer(None).select_related("source")
        wanted = InboundFilterSerializer(data=self.request.query_params)
        wanted.is_valid(raise_exception=True)
        return inbound_requests(InboundFilter.of(wanted.validated_data))

    @extend_schema(parameters=[InboundFilterSerializer])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses={202: InboundSerializer})
    @action(detail=True, methods=["post"], url_path="replay")
    def replay_one(self, request: Request, pk: str) -> Response:
        """Process it again: subscribers get its event once more, as a replay."""
        row = self.get_object()
        replay_one(row)
        return Response(InboundSerializer(row).data, status=202)

    @extend_schema(
        operation_id="inbound_replay_many",
        request=InboundReplaySerializer,
        responses={200: InboundReplayedSerializer, 202: InboundReplayedSerializer},
    )
    @action(detail=False, methods=["post"])
    def replay(self, request: Request) -> Response:
        """Process many again. With `dry_run` (the default) it only says how many there are; 202 while it goes on."""
        wanted = InboundReplaySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        chosen = InboundFilter.of(wanted.validated_data)
        if wanted.validated_data["dry_run"]:
            count = requests_of(chosen).order_by().count()
            return Response(InboundReplayedSerializer({"count": count, "dry_run": True}).data)
        begun = replay_range(self.tenant.pk, chosen)
        answer = {"count": begun.count, "dry_run": False, "replay": begun.run.pk if begun.run else None}
        return Response(InboundReplayedSerializer(answer).data, status=202 if begun.run else 200)

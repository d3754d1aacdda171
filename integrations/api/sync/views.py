"""/api/v1/syncs, /api/v1/sync-runs, /api/v1/sync-conflicts"""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from integrations.actions.resolve_conflict import resolve_conflict
from integrations.actions.run_sync import cancel_run, run_sync
from integrations.actions.save_plan import save_plan
from integrations.api.sync import serializers as shapes
from integrations.models import Resolution, RunState, SyncConflict, SyncFault, SyncPlan, SyncRun
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet, TenantViewSet
from tenants.api.problems import Conflict
from tenants.errors import ConfigError


class SyncViewSet(TenantViewSet):
    """What is brought into line with which system, and when."""

    resource = "syncs"
    model = SyncPlan
    serializer_class = shapes.SyncPlanSerializer
    read_roles = MANAGERS

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = save_plan(SyncPlan(tenant=self.tenant), **serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        values = dict(serializer.validated_data)
        plan: SyncPlan = serializer.instance  # type: ignore[assignment]  # an update has one
        if values.pop("integration", plan.integration).pk != plan.integration_id:
            raise ValidationError(
                {"integration": [_("This cannot be changed: make another synchronisation.")]}
            )
        serializer.instance = save_plan(plan, **values)

    @extend_schema(request=shapes.RunOptionsSerializer, responses={201: shapes.SyncRunSerializer})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Begin a run now. It works in the background: poll it, or subscribe to `sync.completed`."""
        plan = self.get_object()
        form = shapes.RunOptionsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        try:
            run = run_sync(
                plan,
                is_full=wanted["full"],
                is_dry=wanted["dry_run"],
                allows_deletions=wanted["accept_deletions"],
            )
        except ConfigError as error:
            raise Conflict(str(error)) from error
        return Response(shapes.SyncRunSerializer(run).data, status=status.HTTP_201_CREATED)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise ValidationError({name: [_("This must be a UUID.")]}) from error


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("sync", UUID),
            OpenApiParameter("state", enum=RunState.values),
        ],
        responses=shapes.SyncRunSerializer(many=True),
    )
)
class SyncRunViewSet(ReadOnlyTenantViewSet):
    """Runs, newest first."""

    resource = "syncs"
    model = SyncRun
    filters = ("sync", "state")
    read_roles = MANAGERS

    def get_serializer_class(self) -> Any:
        return shapes.SyncRunDetailSerializer if self.action == "retrieve" else shapes.SyncRunSerializer

    def scoped_queryset(self) -> QuerySet[SyncRun]:
        rows = SyncRun.objects.select_related("plan")
        if self.action != "list":
            return rows
        wanted = self.request.query_params
        if "sync" in wanted:
            rows = rows.filter(plan_id=_uuid("sync", wanted["sync"]))
        if "state" in wanted:
            if wanted["state"] not in RunState.values:
                raise ValidationError({"state": [_("There is no such state.")]})
            rows = rows.filter(state=wanted["state"])
        return rows.defer("differences")

    @extend_schema(request=None, responses=shapes.SyncRunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; 409 when it has ended already. What it committed stays."""
        run = self.get_object()
        if not cancel_run(run):
            raise Conflict(_("The run has ended already."))
        return Response(shapes.SyncRunSerializer(run).data)

    @extend_schema(responses=shapes.SyncFaultSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def faults(self, request: Request, pk: str) -> Response:
        """The records that could not be read, kept or written: the first thousand."""
        rows = SyncFault.objects.filter(run=self.get_object()).order_by("id")[:1000]
        return Response(shapes.SyncFaultSerializer(rows, many=True).data)


@extend_schema_view(list=extend_schema(parameters=[OpenApiParameter("integration", UUID)]))
class SyncFaultViewSet(ReadOnlyTenantViewSet):
    """Records that could not be read, kept or written as they are: those of runs, and those of which requests told us."""

    resource = "syncs"
    model = SyncFault
    serializer_class = shapes.FaultyRecordSerializer
    filters = ("integration",)
    read_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[SyncFault]:
        rows = SyncFault.objects.select_related("run__plan")
        wanted = self.request.query_params
        if self.action == "list" and "integration" in wanted:
            id_ = _uuid("integration", wanted["integration"])
            rows = rows.filter(Q(integration=id_) | Q(run__plan__integration=id_))
        return rows


@extend_schema_view(
    list=extend_schema(parameters=[OpenApiParameter("sync", UUID), OpenApiParameter("open", bool)])
)
class SyncConflictViewSet(ReadOnlyTenantViewSet):
    """Records that both sides changed, where a person decides."""

    resource = "syncs"
    model = SyncConflict
    serializer_class = shapes.SyncConflictSerializer
    filters = ("sync", "open")
    read_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[SyncConflict]:
        rows = SyncConflict.objects.all()
        if self.action != "list":
            return rows
        wanted = self.request.query_params
        if "sync" in wanted:
            rows = rows.filter(plan_id=_uuid("sync", wanted["sync"]))
        if "open" in wanted:
            if wanted["open"] not in ("true", "false"):
                raise ValidationError({"open": [_("This must be true or false.")]})
            is_open = wanted["open"] == "true"
            rows = rows.filter(resolution="") if is_open else rows.exclude(resolution="")
        return rows

    @extend_schema(request=shapes.ResolveSerializer, responses=shapes.SyncConflictSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """Say whose values count; 409 when somebody has decided already."""
        conflict = self.get_object()
        form = shapes.ResolveSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        if not resolve_conflict(conflict, Resolution(form.validated_data["resolution"])):
            raise Conflict(_("This conflict is decided already."))
        return Response(self.get_serializer(conflict).data)

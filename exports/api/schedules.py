"""/api/v1/export-schedules"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from exports.actions.run_schedule import run_schedule_now
from exports.actions.switch_schedule import pause_schedule, resume_schedule
from exports.api.limits import LimitUsedUp
from exports.api.schedule_serializers import ExportScheduleSerializer, ScheduleRunSerializer
from exports.audience import hidden_from
from exports.limits import LimitReached
from exports.models import ExportSchedule
from exports.refusals import InvalidRequest
from exports.schedules.owners import check_saving
from exports.selectors import schedule_runs, schedules_shown
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import TenantViewSet
from tenants.api.problems import Conflict

SHOWN_RUNS = 100


class ExportScheduleViewSet(TenantViewSet):
    """Exports at set times."""

    resource = "export-schedules"
    model = ExportSchedule
    serializer_class = ExportScheduleSerializer
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[ExportSchedule]:
        """Without those of data that this caller may not ask for."""
        return schedules_shown(hidden_from(*self._caller)).order_by("name")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        member, machine = self._caller
        if member is not None and machine is None:
            serializer.validated_data.setdefault("owner", member)
        with transaction.atomic():
            super().perform_create(serializer)
            self._check(serializer.instance)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        former: Any = serializer.instance
        dataset = former.dataset
        self._check(former)
        with transaction.atomic():
            super().perform_update(serializer)
            self._check(serializer.instance, dataset)

    def perform_destroy(self, instance: Any) -> None:
        self._check(instance)
        super().perform_destroy(instance)

    @extend_schema(request=None, responses={202: ScheduleRunSerializer})
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Make one now; the timetable goes on as before."""
        try:
            run = run_schedule_now(self.get_object())
        except LimitReached as error:
            raise LimitUsedUp(error) from error
        except InvalidRequest as error:
            raise ValidationError({error.field: [error.message]}) from error
        return Response(ScheduleRunSerializer(run).data, status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=ExportScheduleSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """409 when it is paused already."""
        schedule = self.get_object()
        if not pause_schedule(schedule):
            raise Conflict(_("The schedule is paused already."))
        return Response(self.get_serializer(schedule).data)

    @extend_schema(request=None, responses=ExportScheduleSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """What was due meanwhile is not made up for; 409 when it is not paused."""
        schedule = self.get_object()
        if not resume_schedule(schedule):
            raise Conflict(_("The schedule is not paused."))
        return Response(self.get_serializer(schedule).data)

    @extend_schema(responses=ScheduleRunSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def runs(self, request: Request, pk: str) -> Response:
        """Each time that it was due or asked for, newest first, at most a hundred."""
        found = schedule_runs(self.get_object())[:SHOWN_RUNS]
        return Response(ScheduleRunSerializer(found, many=True).data)

    @property
    def _caller(self) -> Any:
        return member_of(self.request._request), machine_of(self.request)

    def _check(self, schedule: Any, former: str = "") -> None:
        try:
            member, machine = self._caller
            check_saving(schedule, member, machine, former)
        except InvalidRequest as error:
            raise ValidationError({error.field: [error.message]}) from error

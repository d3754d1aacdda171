"""Jobs: ask, look, cancel, run again, download, remove."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exports.actions import cancel_export, delete_export, request_export, rerun_export
from exports.api.limits import LimitsSerializer, LimitUsedUp
from exports.api.serializers import ExportSerializer, NewExportSerializer
from exports.audience import hidden_from
from exports.limits import LimitReached, limits_of, usage_of
from exports.models import Export, ExportShipment
from exports.request import ExportRequest, InvalidRequest
from exports.serve import serve
from exports.templates import by_template, find_template
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.problems import Conflict
from tenants.api.strict import refuse_strange_parameters
from tenants.models import ApiKey


class ExportViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, ReadOnlyTenantViewSet):
    """Exports of this company, newest first."""

    resource = "exports"
    model = Export
    serializer_class = ExportSerializer
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[Export]:
        """Without the files of datasets that this caller may not ask for."""
        found = super().scoped_queryset().exclude(dataset__in=self._hidden)
        return found.prefetch_related(Prefetch("shipments", ExportShipment.objects.order_by("id")))

    @property
    def _hidden(self) -> list[str]:
        return hidden_from(member_of(self.request._request), machine_of(self.request))

    @extend_schema(request=NewExportSerializer, responses={201: ExportSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for a file. It is written in the background: poll the export, or subscribe to `export.completed`."""
        form = NewExportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = dict(form.validated_data)
        template = wanted.pop("template", None)
        also = {name: wanted.pop(name, ()) for name in ("recipients", "destinations")}

        def ask(who: dict[str, Any]) -> Export:
            asked = by_template(find_template(template), wanted) if template else wanted
            self.check_reach(asked["dataset"])
            return request_export(
                self.tenant,
                ExportRequest.of(asked),
                language=asked.get("language") or None,
                **also,
                **who,
            )

        return self._created(request, ask)

    @extend_schema(responses=LimitsSerializer)
    @action(detail=False, pagination_class=None)
    def limits(self, request: Request) -> Response:
        """What this company may use of exports, and what it uses now."""
        refuse_strange_parameters(request.query_params, set())
        shown = {"limits": limits_of(self.tenant.pk), "used": usage_of(self.tenant.pk)}
        return Response(LimitsSerializer(shown).data)

    @extend_schema(request=None, responses={201: ExportSerializer})
    @action(detail=True, methods=["post"])
    def rerun(self, request: Request, pk: str) -> Response:
        """Ask the same again, as a new export."""
        export = self.get_object()
        return self._created(request, lambda who: rerun_export(export, **who))

    @extend_schema(request=None, responses=ExportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; 409 when it has ended already."""
        export = self.get_object()
        if not cancel_export(export):
            raise Conflict(_("The export has ended already."))
        return Response(self.get_serializer(export).data)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def download(self, request: Request, pk: str) -> HttpResponseBase:
        """The file, whole or a range of it; 409 while it is not ready, 410 when it has expired."""
        return serve(request._request, self.get_object())

    def perform_destroy(self, instance: Export) -> None:
        delete_export(instance)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # A file has the type it has, whatever a client's Accept header hopes for.
        return super().perform_content_negotiation(request, force=force or self.action == "download")

    def check_reach(self, dataset: str) -> None:
        """400 for data that this caller may not ask for."""
        if dataset in self._hidden:
            raise ValidationError({"dataset": [_("Your role or key does not reach this data.")]})

    def _created(self, request: Request, ask: Any) -> Response:
        key = request.auth if isinstance(request.auth, ApiKey) else None
        try:
            member = None if machine_of(request) else member_of(request._request)
            export = ask({"member": member, "api_key": key})
        except LimitReached as error:
            raise LimitUsedUp(error) from error
        except InvalidRequest as error:
            raise ValidationError({error.field: [error.message]}) from error
        return Response(self.get_serializer(export).data, status=status.HTTP_201_CREATED)

"""Files that come in: upload, look at what they would do, write it, take it back."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from exports.actions import (
    ImportRequest,
    NotNow,
    apply_import,
    cancel_import,
    delete_import,
    request_import,
    undo_import,
)
from exports.api.import_serializers import (
    ImportableSerializer,
    ImportRowSerializer,
    ImportSerializer,
    NewImportSerializer,
    RowFilterSerializer,
)
from exports.imports.audience import hidden_from
from exports.imports.importer import importable
from exports.imports.refused import FileRefused
from exports.models import Import, ImportRow
from exports.request import InvalidRequest
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.pagination import PARAMETERS, KeysetPagination
from tenants.api.parsers import StrictJSONParser
from tenants.api.problems import Conflict
from tenants.api.strict import refuse_strange_parameters
from tenants.models import Member


class RowPagination(KeysetPagination):
    """In the order of the file."""

    ordering = "number"


class ImportViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, ReadOnlyTenantViewSet):
    """Imports of this company, newest first."""

    resource = "imports"
    model = Import
    serializer_class = ImportSerializer
    read_roles = write_roles = MANAGERS
    parser_classes = (MultiPartParser, StrictJSONParser)

    def scoped_queryset(self) -> QuerySet[Import]:
        """Without those of data that this caller may not import."""
        return super().scoped_queryset().exclude(dataset__in=self._hidden)

    @property
    def _hidden(self) -> list[str]:
        return hidden_from(member_of(self.request._request), machine_of(self.request))

    @property
    def _member(self) -> Member | None:
        return None if machine_of(self.request) else member_of(self.request._request)

    @extend_schema(request={"multipart/form-data": NewImportSerializer}, responses={201: ImportSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Upload a file. It is looked through in the background and nothing is written: poll until `state` is `ready`."""
        form = NewImportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = dict(form.validated_data)
        language = wanted.pop("language", None)
        try:
            job = request_import(
                self.tenant,
                ImportRequest(**wanted),
                member=self._member,
                machine=machine_of(request),
                language=language,
            )
        except InvalidRequest as error:
            raise ValidationError({error.field: [error.message]}) from error
        return Response(self.get_serializer(job).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[RowFilterSerializer, *(OpenApiParameter(name) for name in PARAMETERS)],
        responses=ImportRowSerializer(many=True),
    )
    @action(detail=True, pagination_class=RowPagination)
    def rows(self, request: Request, pk: str) -> Response:
        """What each row would do, or did, in the order of the file."""
        refuse_strange_parameters(request.query_params, {*RowFilterSerializer().fields, *PARAMETERS})
        form = RowFilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        found = ImportRow.objects.filter(job=self.get_object(), **form.validated_data)
        page = self.paginate_queryset(found) or []
        return self.get_paginated_response(ImportRowSerializer(page, many=True).data)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, pk: str) -> Response:
        """Write exactly what was previewed, in the background; 409 when it is not ready."""
        return self._steered(apply_import)

    @extend_schema(request=None, responses={202: ImportSerializer})
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Take back what it wrote, in the background; rows that were changed since are listed and left."""
        return self._steered(undo_import)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; 409 when it has ended. What was written until then can be undone."""
        job = self.get_object()
        if not cancel_import(job):
            raise Conflict(_("The import has ended already."))
        return Response(self.get_serializer(job).data)

    @extend_schema(responses=ImportableSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def datasets(self, request: Request) -> Response:
        """What this caller may import, with the columns that a file may have."""
        refuse_strange_parameters(request.query_params, ())
        hidden = self._hidden
        found = [one for one in importable() if one.name not in hidden]
        return Response(ImportableSerializer(found, many=True).data)

    def perform_destroy(self, instance: Import) -> None:
        delete_import(instance)

    def _steered(self, steer: Any) -> Response:
        job = self.get_object()
        try:
            steer(job, member=self._member)
        except NotNow as error:
            raise Conflict(str(error)) from error
        except FileRefused as error:
            raise PermissionDenied(str(error)) from error
        return Response(self.get_serializer(job).data, status=status.HTTP_202_ACCEPTED)

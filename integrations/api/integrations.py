"""Integrations: set up, try, and give their people numbers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.assign_extension import assign_extension
from integrations.actions.delete_integration import delete_integration
from integrations.actions.load_users import load_users
from integrations.actions.register_module import deactivate_module, register_module
from integrations.actions.save_integration import create_integration, update_integration
from integrations.actions.subscribe_hooks import subscribe_hooks, unsubscribe_hooks
from integrations.actions.test_connection import diagnose
from integrations.api import serializers as shapes
from integrations.api.mappings import MappingRoutes
from integrations.models import ExtensionAssignment, Integration
from integrations.selectors import managers
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet


class IntegrationViewSet(MappingRoutes, mixins.DestroyModelMixin, ReadOnlyTenantViewSet):
    """This company's connections to outside systems."""

    resource = "integrations"
    model = Integration
    serializer_class = shapes.IntegrationSerializer
    read_roles = MANAGERS
    http_method_names = ("get", "post", "put", "patch", "delete", "head", "options")

    @extend_schema(request=shapes.NewIntegrationSerializer, responses={201: shapes.IntegrationSerializer})
    def create(self, request: Request) -> Response:
        """Connect a system. Nothing is sent there yet: follow with `test`."""
        values = _checked(shapes.NewIntegrationSerializer(data=request.data))
        row = create_integration(
            self.tenant,
            values["connector"],
            values["name"],
            settings=values["settings"],
            credentials=values["credentials"],
            is_enabled=values["enabled"],
        )
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.ChangedIntegrationSerializer, responses=shapes.IntegrationSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given. A new address wants the credentials again."""
        row = self.get_object()
        values = _checked(shapes.ChangedIntegrationSerializer(data=request.data))
        values["is_enabled"] = values.pop("enabled", None)
        return Response(self.get_serializer(update_integration(row, **values)).data)

    def perform_destroy(self, instance: Integration) -> None:
        delete_integration(instance)

    @extend_schema(request=None, responses=shapes.DiagnosisSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Try the connection now; the answer says in plain words what works and what does not."""
        return Response(shapes.DiagnosisSerializer(diagnose(self.get_object())).data)

    @extend_schema(responses=shapes.ManagerSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def users(self, request: Request, pk: str) -> Response:
        """The outside system's users as last loaded, with their numbers here."""
        return Response(shapes.ManagerSerializer(managers(self.get_object()), many=True).data)

    @extend_schema(request=None, responses=shapes.ManagerSerializer(many=True))
    @users.mapping.post
    def load_users(self, request: Request, pk: str) -> Response:
        """Load the users anew. If that fails, the former ones stay."""
        row = self.get_object()
        load_users(row)
        return Response(shapes.ManagerSerializer(managers(row), many=True).data)

    @extend_schema(responses=shapes.AssignmentSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def assignments(self, request: Request, pk: str) -> Response:
        """Whose number is which."""
        return _table(self.get_object())

    @extend_schema(request=shapes.AssignSerializer, responses=shapes.AssignmentSerializer(many=True))
    @assignments.mapping.post
    def assign(self, request: Request, pk: str) -> Response:
        """Give a user a number, or take it away. Whoever had it loses it. Answers with the whole table."""
        row = self.get_object()
        values = _checked(shapes.AssignSerializer(data=request.data))
        assign_extension(row, values["outside_user_id"], values["extension"])
        return _table(row)

    @extend_schema(request=None, responses=shapes.IntegrationSerializer)
    @action(detail=True, methods=["post"])
    def subscribe(self, request: Request, pk: str) -> Response:
        """Have the system send its requests to us; from then on it is seen to that it stays so."""
        row = self.get_object()
        subscribe_hooks(row)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=None, responses=shapes.IntegrationSerializer)
    @action(detail=True, methods=["post"])
    def unsubscribe(self, request: Request, pk: str) -> Response:
        """Have the system send no more requests."""
        row = self.get_object()
        unsubscribe_hooks(row)
        return Response(self.get_serializer(row).data)

    @extend_schema(request=None, responses=shapes.RegistrationSerializer)
    @action(detail=True, methods=["post"])
    def register(self, request: Request, pk: str) -> Response:
        """Register our module there, with everybody's numbers."""
        return Response(shapes.RegistrationSerializer(register_module(self.get_object())).data)

    @extend_schema(request=None, responses=shapes.RegistrationSerializer)
    @action(detail=True, methods=["post"])
    def deactivate(self, request: Request, pk: str) -> Response:
        """Switch our module off there."""
        return Response(shapes.RegistrationSerializer(deactivate_module(self.get_object())).data)


def _table(row: Integration) -> Response:
    rows = ExtensionAssignment.objects.filter(integration=row, valid_to__isnull=True).order_by("extension")
    return Response(shapes.AssignmentSerializer(rows, many=True).data)


def _checked(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)

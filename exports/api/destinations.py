"""/api/v1/export-destinations"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError as Mistakes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from exports.actions.save_destination import create_destination, delete_destination, update_destination
from exports.actions.try_destination import try_destination
from exports.models import DestinationKind, ExportDestination
from exports.models.destination import DEFAULT_FILE_NAME, LONGEST_FILE_NAME
from tenants.access import ADMINISTRATORS
from tenants.api.base import ReadOnlyTenantViewSet
from tenants.api.strict import StrictSerializer

SHOWN_SECRET = "•••"  # noqa: S105 what is shown in place of one
_SETTINGS = "As the kind's form has them: docs/exports.md lists them."
_CREDENTIALS = "Secrets go in and never come out. What is left out or empty stays as it is stored."


class DestinationSerializer(serializers.ModelSerializer[ExportDestination]):
    credentials = serializers.SerializerMethodField(
        help_text="Which are stored; their values are never shown."
    )
    enabled = serializers.BooleanField(source="is_enabled")

    class Meta:
        model = ExportDestination
        fields = (
            "id", "name", "kind", "enabled", "file_name", "settings", "credentials", "last_success_at", "last_failure_at",
            "last_failure_reason", "created_at", "updated_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_credentials(self, row: ExportDestination) -> dict[str, str]:
        return dict.fromkeys(row.credentials, SHOWN_SECRET)


class NewDestinationSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(DestinationKind.choices)
    enabled = serializers.BooleanField(default=True)
    file_name = serializers.CharField(max_length=LONGEST_FILE_NAME, default=DEFAULT_FILE_NAME)
    settings = serializers.DictField(default=dict, help_text=_SETTINGS)
    credentials = serializers.DictField(default=dict, help_text=_CREDENTIALS)


class ChangedDestinationSerializer(StrictSerializer):
    name = serializers.CharField(max_length=100, required=False)
    enabled = serializers.BooleanField(required=False)
    file_name = serializers.CharField(max_length=LONGEST_FILE_NAME, required=False)
    settings = serializers.DictField(required=False, help_text=f"Replaces all settings. {_SETTINGS}")
    credentials = serializers.DictField(required=False, help_text=_CREDENTIALS)


class ProbedSerializer(serializers.Serializer[Any]):
    works = serializers.BooleanField()
    code = serializers.CharField(help_text="Of the failure; empty when it works.")
    text = serializers.CharField()


class DestinationViewSet(mixins.DestroyModelMixin, ReadOnlyTenantViewSet):
    """Where exports of this company are carried, by name."""

    resource = "export-destinations"
    model = ExportDestination
    serializer_class = DestinationSerializer
    read_roles = ADMINISTRATORS

    @extend_schema(request=NewDestinationSerializer, responses={201: DestinationSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Set up a destination. Nothing is sent there yet: follow with `test`."""
        values = _checked(NewDestinationSerializer(data=request.data))
        row = _told(lambda: create_destination(self.tenant, **values))
        return Response(self.get_serializer(row).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=ChangedDestinationSerializer, responses=DestinationSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is given. Another host wants the credentials again; the kind stays."""
        row = self.get_object()
        values = _checked(ChangedDestinationSerializer(data=request.data))
        return Response(self.get_serializer(_told(lambda: update_destination(row, **values))).data)

    def perform_destroy(self, instance: ExportDestination) -> None:
        """What is on its way there ends."""
        delete_destination(instance)

    @extend_schema(request=None, responses=ProbedSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Write a small probe there and remove it; the answer says in plain words what works and what does not."""
        return Response(ProbedSerializer(try_destination(self.get_object())).data)


def _checked(form: Any) -> Mapping[str, Any]:
    form.is_valid(raise_exception=True)
    values = dict(form.validated_data)
    return {("is_enabled" if name == "enabled" else name): value for name, value in values.items()}


def _told(act: Any) -> ExportDestination:
    try:
        row: ExportDestination = act()
    except Mistakes as error:
        raise ValidationError(error.message_dict) from error
    return row

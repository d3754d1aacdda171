"""/api/v1/lines, /api/v1/working-hours and /api/v1/call-rules: what a company chose about its calls."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.serializers import BaseSerializer

from integrations.models import Integration
from telephony import policies
from telephony.actions.save_line import set_hearers
from telephony.models import CallRule, Line, WorkingHours
from tenants.access import MANAGERS
from tenants.api.base import TenantViewSet


class _Checked(serializers.ModelSerializer[Any]):
    """What the model's own check refuses is refused here, field by field."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in attrs.items() if name != "integrations"}
        model: Any = self.Meta.model
        row = model() if self.instance is None else self.instance
        former = {name: getattr(row, name) for name in given}
        for name, value in given.items():
            setattr(row, name, value)
        try:
            row.clean()
        except ValidationError as error:
            for name, value in former.items():
                setattr(row, name, value)
            raise serializers.ValidationError(
                error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages}
            ) from error
        return attrs


class WorkingHoursSerializer(_Checked):
    weekly = serializers.DictField(
        child=serializers.CharField(max_length=150, allow_blank=True),
        required=False,
        help_text='By day or days: {"mon-fri": "09:00-13:00, 14:00-18:00"}.',
    )

    class Meta:
        model = WorkingHours
        fields: ClassVar[Any] = ("id", "name", "is_default", "timezone", "weekly", "exceptions", "updated_at")


class _OwnRows(serializers.PrimaryKeyRelatedField[Any]):
    """Rows of the caller's company, looked for in the scope of the request."""

    def __init__(self, model: type[Model], **options: Any) -> None:
        self._model = model
        super().__init__(queryset=model._base_manager.none(), **options)

    def get_queryset(self) -> QuerySet[Any]:
        return self._model._default_manager.all()


class LineSerializer(_Checked):
    working_hours = _OwnRows(WorkingHours, source="hours", required=False, allow_null=True)
    integrations = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=100,
        help_text="Ids of the integrations that hear of its calls; empty: all.",
    )

    class Meta:
        model = Line
        fields: ClassVar[Any] = (
            "id",
            "number",
            "name",
            "is_enabled",
            "integrations",
            "working_hours",
            "extension",
            "updated_at",
        )

    def validate_integrations(self, ids: list[Any]) -> list[Integration]:
        found = list(Integration.objects.filter(pk__in=ids).defer("credentials", "own_secrets"))
        if len(found) != len(set(ids)):
            raise serializers.ValidationError(_("There is no such integration."))
        return found

    def to_representation(self, instance: Line) -> dict[str, Any]:
        shown = super().to_representation(_without_rows(instance))
        return {**shown, "integrations": [str(row.integration_id) for row in instance.hearers.all()]}

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> Line:
        heard = validated_data.pop("integrations", None)
        line: Line = super().create(validated_data)
        return self._heard(line, heard)

    @transaction.atomic
    def update(self, instance: Line, validated_data: dict[str, Any]) -> Line:
        heard = validated_data.pop("integrations", None)
        return self._heard(super().update(instance, validated_data), heard)

    @staticmethod
    def _heard(line: Line, heard: list[Integration] | None) -> Line:
        if heard is not None:
            set_hearers(line, heard)
            line._prefetched_objects_cache = {}  # type: ignore[attr-defined]
        return line


def _without_rows(line: Line) -> Line:
    """The serializer asks the row for every field; those who hear of it are rows of their own."""
    line.integrations = []  # type: ignore[attr-defined]
    return line


class CallRuleSerializer(_Checked):
    integration = _OwnRows(Integration, required=False, allow_null=True)
    lines = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, max_length=1000, help_text="Empty: all."
    )

    class Meta:
        model = CallRule
        fields: ClassVar[Any] = (
            "id",
            "place",
            "name",
            "is_enabled",
            "integration",
            "direction",
            "outcome",
            "client",
            "hours",
            "lines",
            "creates_contact",
            "creates_lead",
            "is_lead_single",
            "creates_task",
            "task_hours",
            "responsible",
            "extension",
            "name_template",
            "updated_at",
        )


class _Choices(TenantViewSet):
    """A change holds for the next call, in this process at once."""

    read_roles = MANAGERS

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_create(serializer)
        policies.forget(self.tenant.pk)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        super().perform_update(serializer)
        policies.forget(self.tenant.pk)

    def perform_destroy(self, instance: Model) -> None:
        super().perform_destroy(instance)
        policies.forget(self.tenant.pk)


class WorkingHoursViewSet(_Choices):
    """When the company, or one of its lines, answers."""

    resource = "working-hours"
    model = WorkingHours
    serializer_class = WorkingHoursSerializer


class LineViewSet(_Choices):
    """Outside numbers and trunks; those that are new appear with their first call."""

    resource = "lines"
    model = Line
    serializer_class = LineSerializer

    def scoped_queryset(self) -> QuerySet[Line]:
        return Line.objects.prefetch_related("hearers")


class CallRuleViewSet(_Choices):
    """What is made in the CRMs after a call: the first rule that fits holds."""

    resource = "call-rules"
    model = CallRule
    serializer_class = CallRuleSerializer

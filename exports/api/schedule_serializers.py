"""Schedules as JSON."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exports.api.columns import columns_field
from exports.models import ExportDestination, ExportSchedule, ExportTemplate, ScheduleRun
from tenants.api.strict import StrictSerializer
from tenants.models import Member


class OwnTemplates(serializers.PrimaryKeyRelatedField):
    """Of the tenant in scope: another one's does not exist."""

    def get_queryset(self) -> Any:
        return ExportTemplate.objects.all()


class OwnDestinations(serializers.PrimaryKeyRelatedField):
    """Of the tenant in scope: another one's does not exist."""

    def get_queryset(self) -> Any:
        return ExportDestination.objects.defer("credentials")


@extend_schema_field(OpenApiTypes.STR)
class OwnMembers(serializers.PrimaryKeyRelatedField):
    """Of the tenant in scope, by id or user name: another one's does not exist."""

    def get_queryset(self) -> Any:
        return Member.objects.select_related("user")

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            found = self.get_queryset().filter(user__username=data).first()
            if found is not None:
                return found
        try:
            return super().to_internal_value(data)
        except DjangoValidationError:  # no id either
            self.fail("does_not_exist", pk_value=data)


class ScheduledRequestSerializer(StrictSerializer):
    """What is asked for, where no template says so."""

    dataset = serializers.CharField(max_length=100)
    format = serializers.CharField(max_length=20, default="xlsx")
    columns = columns_field(default=list)
    filters = serializers.DictField(default=dict)
    options = serializers.DictField(child=serializers.CharField(max_length=50), default=dict)
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES], required=False, allow_blank=True
    )

    def to_representation(self, instance: Any) -> Any:
        """As it is stored; null where a template says it."""
        return dict(instance) or None


class ExportScheduleSerializer(serializers.ModelSerializer[ExportSchedule]):
    owner = OwnMembers(
        required=False,
        help_text="A member's user name or id; a person who creates one owns it by default. It is answered as the id.",
    )
    template = OwnTemplates(required=False, allow_null=True)
    request = ScheduledRequestSerializer(required=False, allow_null=True, help_text="Instead of a template.")
    recipients = serializers.ListField(
        child=serializers.EmailField(),
        required=False,
        help_text="Addresses of members who get a mail with a link.",
    )
    destination = OwnDestinations(
        required=False, allow_null=True, help_text="The file is carried there once it is ready."
    )
    at = serializers.TimeField(format="%H:%M", required=False, help_text="In the company's time zone.")

    class Meta:
        model = ExportSchedule
        fields = (
            "id", "name", "owner", "template", "request", "rhythm", "at", "weekday", "month_day", "cron", "rows",
            "recipients", "destination", "is_enabled", "pause_reason", "next_due_at", "failures", "last_export", "created_at",
            "updated_at",
        )  # fmt: skip
        read_only_fields = (
            *("id", "pause_reason", "next_due_at", "failures", "last_export"),
            *("created_at", "updated_at"),
        )

    def create(self, validated_data: dict[str, Any]) -> ExportSchedule:
        return self._saved(ExportSchedule(), validated_data)

    def update(self, instance: ExportSchedule, validated_data: dict[str, Any]) -> ExportSchedule:
        return self._saved(instance, validated_data)

    @staticmethod
    def _saved(schedule: ExportSchedule, values: dict[str, Any]) -> ExportSchedule:
        # Either takes the place of the other.
        if values.get("request") and "template" not in values:
            schedule.template = None
        if values.get("template") and "request" not in values:
            schedule.request = {}
        for name, value in values.items():
            setattr(schedule, name, {} if name == "request" and value is None else value)
        schedule.full_clean(validate_constraints=False)  # told by `told_conflicts`
        schedule.save()
        return schedule


class ScheduleRunSerializer(serializers.ModelSerializer[ScheduleRun]):
    state = serializers.CharField(source="export.state", default=None, allow_null=True, read_only=True)

    class Meta:
        model = ScheduleRun
        fields = (
            *("id", "due_at", "occurrence", "asked_by", "missed", "export", "state", "reason"),
            "created_at",
        )
        read_only_fields = fields

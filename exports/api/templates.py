"""/api/v1/export-templates"""

from typing import Any

from django.conf import settings
from django.db.models import ProtectedError, QuerySet, RestrictedError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import BaseSerializer

from exports.api.columns import columns_field
from exports.audience import hidden_from, refuse_hidden
from exports.formats import FORMATS
from exports.models import ExportTemplate
from exports.refusals import InvalidRequest
from tenants.access import MANAGERS, member_of
from tenants.api.authentication import machine_of
from tenants.api.base import TenantViewSet
from tenants.api.problems import Conflict


class ExportTemplateSerializer(serializers.ModelSerializer[ExportTemplate]):
    dataset = serializers.CharField(max_length=100, help_text="One of GET /api/v1/datasets.")
    format = serializers.CharField(max_length=20, default="xlsx", help_text=f"One of {', '.join(FORMATS)}.")
    columns = columns_field(
        required=False,
        help_text="Names in the wanted order; an object gives a column another heading, or computes it by an expression.",
    )
    filters = serializers.DictField(required=False, help_text="As the dataset describes them.")
    options = serializers.DictField(child=serializers.CharField(max_length=50), required=False)
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        required=False,
        allow_blank=True,
        help_text="Of headings and labels; empty: of whoever asks.",
    )

    class Meta:
        model = ExportTemplate
        fields = (
            *("id", "name", "dataset", "format", "options", "filters", "columns", "language"),
            *("created_at", "updated_at"),
        )
        read_only_fields = ("id", "created_at", "updated_at")

    def create(self, validated_data: dict[str, Any]) -> ExportTemplate:
        return self._saved(ExportTemplate(), validated_data)

    def update(self, instance: ExportTemplate, validated_data: dict[str, Any]) -> ExportTemplate:
        return self._saved(instance, validated_data)

    @staticmethod
    def _saved(template: ExportTemplate, values: dict[str, Any]) -> ExportTemplate:
        for name, value in values.items():
            setattr(template, name, value)
        template.full_clean(validate_constraints=False)  # told by `told_conflicts`
        template.save()
        return template


class ExportTemplateViewSet(TenantViewSet):
    """The company's saved choices of columns."""

    resource = "export-templates"
    model = ExportTemplate
    serializer_class = ExportTemplateSerializer
    read_roles = write_roles = MANAGERS

    def scoped_queryset(self) -> QuerySet[ExportTemplate]:
        """Without those of data that this caller may not ask for."""
        return ExportTemplate.objects.exclude(dataset__in=hidden_from(*self._caller)).order_by("name")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        self._check(serializer)
        super().perform_create(serializer)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        self._check(serializer)
        super().perform_update(serializer)

    def perform_destroy(self, instance: Any) -> None:
        try:
            super().perform_destroy(instance)
        except (RestrictedError, ProtectedError) as error:
            raise Conflict(_("A schedule uses this template.")) from error

    @property
    def _caller(self) -> Any:
        return member_of(self.request._request), machine_of(self.request)

    def _check(self, serializer: BaseSerializer[Any]) -> None:
        try:
            refuse_hidden(serializer.validated_data.get("dataset", ""), *self._caller)
        except InvalidRequest as error:
            raise ValidationError({error.field: [error.message]}) from error

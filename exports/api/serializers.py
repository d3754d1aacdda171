"""How exports and datasets look in the API."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exports.formats import FORMATS
from exports.kinds import Kind
from exports.links import signed_url
from exports.models import Export, State
from exports.registry import Dataset

MAX_COLUMNS = 500


class ExportSerializer(serializers.ModelSerializer[Export]):
    percent = serializers.IntegerField(
        read_only=True, help_text="How far it is, by an estimate until it has ended."
    )
    download = serializers.SerializerMethodField(
        help_text="A link that needs no credentials and works for 15 minutes; null until there is a file."
    )

    class Meta:
        model = Export
        fields = (
            "id", "dataset", "format", "options", "filters", "columns", "language", "state", "error_code", "reason",
            "rows_done", "rows_total", "percent", "size", "sha256", "file_name", "download", "requested_by",
            "correlation_id", "created_at", "started_at", "finished_at", "expires_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download(self, export: Export) -> str | None:
        return signed_url(export) if export.state == State.DONE else None


class NewExportSerializer(serializers.Serializer[Any]):
    dataset = serializers.CharField(max_length=100, help_text="One of GET /api/v1/datasets.")
    format = serializers.CharField(max_length=20, default="xlsx", help_text=f"One of {', '.join(FORMATS)}.")
    columns = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=MAX_COLUMNS,
        default=list,
        help_text="Names in the wanted order; the dataset's default columns when empty.",
    )
    filters = serializers.DictField(
        default=dict, help_text="Filter name: value, as the dataset describes them."
    )
    options = serializers.DictField(
        child=serializers.CharField(max_length=50),
        default=dict,
        help_text="The format's options, such as the delimiter.",
    )
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        required=False,
        help_text="Of headings and labels.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        unknown = [name for name in self.initial_data if name not in self.fields]
        if unknown:
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {str(name)[:50]: [f"Unknown. Known: {known}."] for name in unknown}
            )
        return attrs


class ColumnSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField(source="heading")
    kind = serializers.ChoiceField(choices=[str(kind) for kind in Kind])
    is_default = serializers.BooleanField()


class FilterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    type = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        described: dict[str, Any] = instance.describe()
        return described


class DatasetSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.SerializerMethodField()
    filters = serializers.SerializerMethodField()
    formats = serializers.SerializerMethodField()

    @extend_schema_field(ColumnSerializer(many=True))
    def get_columns(self, dataset: Dataset) -> Any:
        return ColumnSerializer(dataset.columns.values(), many=True).data

    @extend_schema_field(FilterSerializer(many=True))
    def get_filters(self, dataset: Dataset) -> Any:
        return FilterSerializer(dataset.filters_by_name.values(), many=True).data

    def get_formats(self, _dataset: Any) -> list[str]:
        return list(FORMATS)

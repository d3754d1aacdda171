"""How exports and datasets look in the API."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exports.api.columns import columns_field
from exports.formats import FORMATS, MAX_RECORDS
from exports.kinds import Kind
from exports.links import signed_url
from exports.models import Export, ExportShipment, State
from exports.registry import Dataset
from exports.shipments import MOST as MAX_DESTINATIONS
from tenants.api.strict import StrictSerializer


class ShipmentSerializer(serializers.ModelSerializer[ExportShipment]):
    destination_name = serializers.CharField(help_text="Stays when the destination is removed.")

    class Meta:
        model = ExportShipment
        fields = (
            "id", "export", "destination", "destination_name", "file_name", "state", "error_code", "reason", "attempts",
            "next_try_at", "receipt", "size", "started_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class ExportSerializer(serializers.ModelSerializer[Export]):
    percent = serializers.IntegerField(
        read_only=True, help_text="How far it is, by an estimate until it has ended."
    )
    is_encrypted = serializers.BooleanField(
        read_only=True, help_text="Whether the file is a ZIP with a password. The password is never told."
    )
    download = serializers.SerializerMethodField(
        help_text="A link that needs no credentials and works for 15 minutes; null until there is a file."
    )

    shipments = ShipmentSerializer(many=True, read_only=True, help_text="One for each destination.")

    class Meta:
        model = Export
        fields = (
            "id", "dataset", "format", "options", "is_encrypted", "filters", "columns", "language", "state", "error_code", "reason",
            "rows_done", "rows_total", "percent", "size", "sha256", "file_name", "download", "requested_by",
            "correlation_id", "created_at", "started_at", "finished_at", "expires_at", "shipments",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_download(self, export: Export) -> str | None:
        return signed_url(export) if export.state == State.DONE else None


class NewExportSerializer(StrictSerializer):
    template = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Id or name of one of GET /api/v1/export-templates; what else is given goes before it.",
    )
    dataset = serializers.CharField(
        max_length=100, required=False, help_text="One of GET /api/v1/datasets; required without a template."
    )
    format = serializers.CharField(
        max_length=20, required=False, help_text=f"One of {', '.join(FORMATS)}; xlsx without it."
    )
    columns = columns_field(
        required=False,
        help_text="Names in the wanted order; the dataset's default columns when empty. An object gives a column another"
        " heading, or computes it by an expression.",
    )
    filters = serializers.DictField(
        required=False, help_text="Filter name: value, as the dataset describes them."
    )
    options = serializers.DictField(
        child=serializers.CharField(max_length=200, trim_whitespace=False),
        required=False,
        help_text="The format's options, as the dataset lists them: delimiter, compress, password, max_records and so on.",
    )
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        required=False,
        help_text="Of headings and labels.",
    )
    destinations = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MAX_DESTINATIONS,
        default=list,
        help_text="Ids of GET /api/v1/export-destinations: the file is carried there once it is ready.",
    )
    recipients = serializers.ListField(
        child=serializers.EmailField(),
        required=False,
        max_length=50,
        help_text="Addresses of members who get a mail with a link when the file is ready.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "dataset" not in attrs and "template" not in attrs:
            raise serializers.ValidationError({"dataset": _("This field is required.")})
        return attrs


class LiteralExportSerializer(StrictSerializer):
    """The flat body of `POST /webhooks/export`."""

    dataset = serializers.CharField(max_length=100, help_text="One of GET /api/v1/datasets.")
    format = serializers.CharField(max_length=20, default="xlsx", help_text=f"One of {', '.join(FORMATS)}.")
    date_from = serializers.CharField(required=False, help_text="A date or time, by the dataset's own time.")
    date_to = serializers.CharField(
        required=False, help_text="A date (that whole day) or a time (before it)."
    )
    status = serializers.JSONField(
        required=False, help_text="One status or a list, where the dataset has one."
    )
    type = serializers.JSONField(required=False, help_text="One type or a list, where the dataset has one.")
    ids = serializers.ListField(required=False, allow_empty=False, help_text="Primary keys.")
    search = serializers.CharField(required=False, max_length=500, help_text="Words that must all be found.")
    max_records = serializers.IntegerField(
        required=False, min_value=1, max_value=MAX_RECORDS.largest, help_text="At most so many rows."
    )
    include_content = serializers.BooleanField(
        default=False, help_text="All columns, also those that are left out by default."
    )
    include_metadata = serializers.BooleanField(
        default=False, help_text="Excel: a sheet that tells filters, time and zone."
    )
    compress = serializers.BooleanField(
        default=False, help_text="As ZIP. Excel workbooks are compressed in any case."
    )
    password = serializers.CharField(
        required=False,
        write_only=True,
        trim_whitespace=False,
        style={"input_type": "password"},
        help_text="Of the ZIP, which is then encrypted (AES-256): 12 to 99 characters of ASCII. With `compress`, or for Excel.",
    )
    incremental = serializers.BooleanField(
        default=False, help_text="Only what is new since the last export that asked the same."
    )
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        required=False,
        help_text="Of headings and labels.",
    )


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


class OptionsSerializer(serializers.Serializer[Any]):
    format = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())
    largest = serializers.IntegerField(allow_null=True)
    is_secret = serializers.BooleanField(help_text="A text that is taken and never shown.")


class DatasetSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.SerializerMethodField()
    filters = serializers.SerializerMethodField()
    formats = serializers.SerializerMethodField()
    options = serializers.SerializerMethodField(
        help_text="What each format takes as `options`; the first value is the default."
    )

    @extend_schema_field(ColumnSerializer(many=True))
    def get_columns(self, dataset: Dataset) -> Any:
        return ColumnSerializer(dataset.columns.values(), many=True).data

    @extend_schema_field(FilterSerializer(many=True))
    def get_filters(self, dataset: Dataset) -> Any:
        return FilterSerializer(dataset.filters_by_name.values(), many=True).data

    def get_formats(self, _dataset: Any) -> list[str]:
        return list(FORMATS)

    @extend_schema_field(OptionsSerializer(many=True))
    def get_options(self, _dataset: Any) -> Any:
        return [
            {
                "format": item.name,
                "name": option.name,
                "title": str(option.title),
                "values": [value for value, _title in option.choices],
                "largest": option.largest or None,
                "is_secret": option.secret is not None,
            }
            for item in FORMATS.values()
            for option in item.options
        ]

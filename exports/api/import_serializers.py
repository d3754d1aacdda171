"""How imports and their rows look in the API."""

from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exports.api.serializers import ColumnSerializer
from exports.imports.importer import importer_of
from exports.models import Import, ImportMode, ImportRow, RowAction, RowOutcome
from exports.registry import Dataset
from tenants.api.strict import StrictSerializer


class ImportSerializer(serializers.ModelSerializer[Import]):
    percent = serializers.IntegerField(read_only=True, help_text="How far it is with what it does now.")
    requested_by = serializers.CharField(source="actor", read_only=True)
    columns = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()),
        read_only=True,
        help_text="Pairs of heading and column, in the file's order.",
    )
    unknown = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Headings of columns that are left out."
    )
    can_apply = serializers.BooleanField(read_only=True)
    can_undo = serializers.BooleanField(read_only=True)

    class Meta:
        model = Import
        fields = (
            "id", "dataset", "mode", "file_name", "format", "size", "sha256", "mapping", "language", "encoding", "delimiter",
            "columns", "unknown", "state", "error_code", "reason", "percent", "rows_read", "new", "changed", "removed", "same",
            "errors", "skipped", "written", "refused", "undone", "kept", "can_apply", "can_undo", "requested_by", "correlation_id",
            "created_at", "started_at", "finished_at", "expires_at", "forgotten_at",
        )  # fmt: skip
        read_only_fields = fields


class ImportRowSerializer(serializers.ModelSerializer[ImportRow]):
    title = serializers.SerializerMethodField(help_text="What a person calls it.")
    values = serializers.SerializerMethodField(help_text="By column: what it would be, or is since then.")
    before = serializers.SerializerMethodField(
        help_text="By column: what it was, of a row that is changed or taken away."
    )
    errors = serializers.SerializerMethodField(  # type: ignore[assignment]  # a field, not the serializer's own
        help_text="By column; an empty name is the row as a whole."
    )
    reason = serializers.SerializerMethodField(help_text="Why it was not written, or not taken back.")

    class Meta:
        model = ImportRow
        fields = ("number", "action", "outcome", "object_id", "title", "values", "before", "errors", "reason")

    def get_title(self, row: ImportRow) -> str:
        return str(row.content.get("title", ""))

    @extend_schema_field(serializers.DictField())
    def get_values(self, row: ImportRow) -> dict[str, Any]:
        return row.part("values")

    @extend_schema_field(serializers.DictField())
    def get_before(self, row: ImportRow) -> dict[str, Any]:
        return row.part("before")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_errors(self, row: ImportRow) -> dict[str, Any]:
        return row.part("errors")

    def get_reason(self, row: ImportRow) -> str:
        return str(row.content.get("reason", ""))


class RowFilterSerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(RowAction.choices, required=False)
    outcome = serializers.ChoiceField([choice for choice in RowOutcome.choices if choice[0]], required=False)


class MappingField(serializers.Field[dict[str, str], Any, Any, Any]):
    """A JSON object in a text, since a form has no objects."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        try:
            found = orjson.loads(data) if isinstance(data, str) and data else data or {}
        except orjson.JSONDecodeError as error:
            raise serializers.ValidationError(_("A JSON object was expected.")) from error
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise serializers.ValidationError(_("A JSON object was expected."))
        return found

    def to_representation(self, value: Any) -> Any:
        return value


class NewImportSerializer(StrictSerializer):
    dataset = serializers.CharField(max_length=100, help_text="One of GET /api/v1/imports/datasets.")
    file = serializers.FileField(help_text="A .csv or .xlsx file whose first row holds the headings.")
    mode = serializers.ChoiceField(
        ImportMode.choices,
        default=ImportMode.UPSERT,
        help_text="`create` only adds, `update` only changes, `upsert` does both.",
    )
    mapping = extend_schema_field(serializers.CharField())(MappingField)(
        required=False,
        help_text='JSON: heading in the file -> column, "" for one to leave out. Other headings are recognised by themselves.',
    )
    language = serializers.ChoiceField(
        choices=[code for code, _name in settings.LANGUAGES],
        required=False,
        help_text="Of messages about rows; else that of Accept-Language.",
    )


class ImportableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    columns = serializers.SerializerMethodField()
    needed = serializers.SerializerMethodField(help_text="Columns that a file must have.")
    any_of = serializers.SerializerMethodField(help_text="Of which it must have one.")

    @extend_schema_field(ColumnSerializer(many=True))
    def get_columns(self, dataset: Dataset) -> Any:
        columns = [dataset.columns[name] for name in importer_of(dataset.name).columns]
        return ColumnSerializer(columns, many=True).data

    def get_needed(self, dataset: Dataset) -> list[str]:
        return list(importer_of(dataset.name).needed)

    def get_any_of(self, dataset: Dataset) -> list[str]:
        return list(importer_of(dataset.name).any_of)

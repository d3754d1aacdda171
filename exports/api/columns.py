"""A column in the API: its name, or an object with name, heading and expression."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAX_COLUMNS = 500
_TEXT = {"type": "string"}


@extend_schema_field(
    {
        "oneOf": [
            _TEXT,
            {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": _TEXT, "title": _TEXT, "expression": _TEXT},
            },
        ]
    }
)
class ColumnField(serializers.Field):
    """The keys of an object are checked with the request, which knows the dataset."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) or (isinstance(data, str) and 0 < len(data) <= 100):
            return data
        raise serializers.ValidationError(
            _("A column is a name, or an object with “name”, “title” and “expression”.")
        )

    def to_representation(self, value: Any) -> Any:
        return value


def columns_field(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=ColumnField(), max_length=MAX_COLUMNS, **options)

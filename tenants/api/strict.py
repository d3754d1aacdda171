"""Fields that do not exist, or that nobody may set, are refused by name: a typing error or an attack, never silence."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import BaseSerializer

LONGEST_NAME = 50


class StrictSerializer(serializers.Serializer[Any]):
    """For requests that are no model: names a field that does not exist instead of ignoring it."""

    def to_internal_value(self, data: Any) -> Any:
        refuse_strange_fields(self, data)
        return super().to_internal_value(data)


def refuse_strange_fields(serializer: BaseSerializer[Any], data: Any) -> None:
    """ValidationError that names every field which the client cannot set.

    A read-only field may be sent back as it was read, so that what GET gave can be changed and PUT.
    """
    if not isinstance(data, Mapping) or not isinstance(serializer, serializers.Serializer):
        return
    problems: dict[str, list[ErrorDetail]] = {}
    for name in data:
        field = serializer.fields.get(name)
        if field is None:
            text, code = _("There is no such field."), "unknown_field"
        elif field.read_only and not _is_unchanged(serializer, name, data[name]):
            text, code = _("This field cannot be set."), "read_only"
        else:
            continue
        problems[str(name)[:LONGEST_NAME]] = [ErrorDetail(str(text), code)]
    if problems:
        raise ValidationError(problems)


def _is_unchanged(serializer: serializers.Serializer[Any], name: str, value: Any) -> bool:
    if serializer.instance is None:
        return False
    # Not its own `.data`, which may not be read before the check is over.
    shown = type(serializer)(serializer.instance, context=serializer.context).data.get(name)
    return value == shown or str(value) == str(shown)


def refuse_strange_parameters(given: Iterable[str], known: Collection[str]) -> None:
    """ValidationError that names every parameter of a list that does not exist: ignored, it would answer with everything."""
    strange = [name for name in given if name not in known]
    if strange:
        text = _("There is no such parameter.")
        raise ValidationError(
            {name[:LONGEST_NAME]: [ErrorDetail(str(text), "unknown_parameter")] for name in strange}
        )

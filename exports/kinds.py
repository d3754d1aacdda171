"""What a column holds: it decides how its values become cells and how formats dress them."""

from enum import StrEnum

from django.db import models


class Kind(StrEnum):
    TEXT = "text"
    PHONE = "phone"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    DATE = "date"
    DURATION = "duration"
    JSON = "json"


NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.DURATION})

# Subclasses first: a DateTimeField is a DateField, too.
_KIND_OF_FIELD: tuple[tuple[type[models.Field], Kind], ...] = (
    (models.DateTimeField, Kind.DATETIME),
    (models.DateField, Kind.DATE),
    (models.DurationField, Kind.DURATION),
    (models.BooleanField, Kind.BOOLEAN),
    (models.DecimalField, Kind.DECIMAL),
    (models.FloatField, Kind.DECIMAL),
    (models.IntegerField, Kind.INTEGER),
    (models.JSONField, Kind.JSON),
)


def kind_of(field: models.Field) -> Kind:
    """The kind that suits a model field; everything that is not known better is text."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return next((kind for cls, kind in _KIND_OF_FIELD if isinstance(target, cls)), Kind.TEXT)

"""The base class of datasets' declarations: a django-import-export resource that exports only what it names."""

from typing import Any

from django.db.models import Model, QuerySet
from import_export.declarative import ModelDeclarativeMetaclass
from import_export.fields import Field
from import_export.resources import ModelResource

from exports.columns import Column, DatasetColumn, resolve
from tenants.models import Member


class _OnlyDeclared(ModelDeclarativeMetaclass):
    """import-export adds every field of the model, secrets too, unless `Meta.fields` names some: here the declared ones."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        meta = attrs.get("Meta")
        if meta is not None and not hasattr(meta, "fields"):
            inherited = [key for base in bases for key in getattr(base, "fields", {})]
            meta.fields = tuple(
                dict.fromkeys(inherited + [key for key, item in attrs.items() if isinstance(item, Field)])
            )
        created: type = super().__new__(cls, name, bases, attrs)
        for key, field in getattr(created, "fields", {}).items():
            if isinstance(field, Column):
                field.attribute = key if field.expression is not None else field.attribute or key
        return created


class DatasetResource(ModelResource, metaclass=_OnlyDeclared):
    """Declares the columns of a dataset. `Meta.select_related` serves columns that are computed in Python."""

    class Meta:
        fields: tuple[str, ...] = ()
        select_related: tuple[str, ...] = ()

    @classmethod
    def with_columns(cls, rows: QuerySet[Model]) -> QuerySet[Model]:
        """The rows with the columns that the database computes, and what those computed in Python need."""
        expressions = {
            name: field.expression for name, field in cls.fields.items() if field.expression is not None
        }
        return rows.annotate(**expressions).select_related(*cls._meta.select_related)

    def get_queryset(self) -> QuerySet[Model]:
        """All rows in the tenant's scope."""
        return self.with_columns(self.rows())

    @classmethod
    def rows(cls) -> QuerySet[Model]:
        """Which rows there are at all, in the tenant's scope; override to leave some out as their list does."""
        queryset: QuerySet[Model] = cls.model()._default_manager.all()
        return queryset

    @classmethod
    def rows_for(cls, member: Member | None) -> QuerySet[Model]:
        """Of these, what this person may see; None stands for machines and the operator's staff."""
        return cls.rows()

    @classmethod
    def model(cls) -> type[Model]:
        model: type[Model] = cls._meta.model
        return model

    @classmethod
    def columns(cls) -> tuple[DatasetColumn, ...]:
        """The columns in their order, checked against the model."""
        return tuple(
            resolve(cls.model(), name, field, is_python=hasattr(cls, field.get_dehydrate_method(name)))
            for name, field in ((name, cls.fields[name]) for name in cls._meta.fields)
        )

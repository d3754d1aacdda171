"""Records as JSON: made from the models, with their links and what they refer to."""

from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.actions.edit_record import MOST_POINTS
from integrations.models import Link, OrderLine, ReachableRecord, Reference
from integrations.models.records import StoredRecord
from integrations.records import RecordKind
from integrations.store.shapes import shape_of

COMMON = (
    "url", "outside_created_at", "outside_updated_at", "created_at", "updated_at", "deleted_at", "links", "references",
)  # fmt: skip


class LinkSerializer(serializers.ModelSerializer[Link]):
    connector = serializers.CharField(source="integration.connector")

    class Meta:
        model = Link
        fields = ("integration", "connector", "outside_id", "status", "synced_at")


class ReferenceSerializer(serializers.ModelSerializer[Reference]):
    kind = serializers.CharField(source="role", help_text="Of what is referred to.")
    id = serializers.UUIDField(
        source="target_id", allow_null=True, help_text="Its record here; null until it was read."
    )

    class Meta:
        model = Reference
        fields = ("name", "kind", "id", "outside_id")


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = ("name", "sku", "quantity", "price", "total", "product_id", "outside_id")


class RecordSerializer(serializers.ModelSerializer[Any]):
    """The view gives the surroundings of all rows of a page along, so that none is asked for by itself."""

    links = serializers.SerializerMethodField()
    references = serializers.SerializerMethodField()

    @extend_schema_field(LinkSerializer(many=True))
    def get_links(self, row: StoredRecord) -> Any:
        return LinkSerializer(self.context["around"].links.get(row.pk, ()), many=True).data

    @extend_schema_field(ReferenceSerializer(many=True))
    def get_references(self, row: StoredRecord) -> Any:
        return ReferenceSerializer(self.context["around"].references.get(row.pk, ()), many=True).data


def _texts(longest: int) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=longest), required=False, max_length=MOST_POINTS
    )


@cache
def serializer_for(kind: RecordKind) -> type[RecordSerializer]:
    """With every column of that kind; orders with their lines."""
    shape = shape_of(kind)
    is_reachable = issubclass(shape.model, ReachableRecord)
    own = (*COMMON, "merged_into") if is_reachable else COMMON
    fields = ("id", *shape.columns, *(("lines",) if shape.has_lines else ()), *own)
    meta = type("Meta", (), {"model": shape.model, "fields": fields, "read_only_fields": own})
    parts: dict[str, Any] = {"Meta": meta}
    if is_reachable:
        parts |= {
            "phones": _texts(200),
            "emails": _texts(320),
            "custom": serializers.DictField(required=False),
        }
    if shape.has_lines:
        parts["lines"] = OrderLineSerializer(many=True, read_only=True)
    return type(f"{shape.model.__name__}Serializer", (RecordSerializer,), parts)


class RecordFilterSerializer(serializers.Serializer[Any]):
    """Query parameters of every list of records; a wrong one is a 400 that names it."""

    integration = serializers.UUIDField(required=False, help_text="Known to that integration.")
    outside_id = serializers.CharField(required=False, max_length=200, help_text="The id there.")
    updated_from = serializers.DateTimeField(required=False, help_text="Changed at or after this time.")
    deleted = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Only those that are deleted, or that are not.",
    )


class ReachableFilterSerializer(RecordFilterSerializer):
    phone = serializers.CharField(required=False, max_length=40, help_text="In any usual form.")
    email = serializers.CharField(required=False, max_length=320)


class OfContactFilterSerializer(RecordFilterSerializer):
    contact = serializers.UUIDField(required=False, help_text="Refers to that contact.")

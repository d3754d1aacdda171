"""Field mappings of an integration: read, replaced, tried."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.actions.save_mapping import check_mapping, restore_mapping, save_mapping
from integrations.actions.try_mapping import dry_run, preview
from integrations.mapping.rules import Way
from integrations.mapping.transforms import TRANSFORMS
from integrations.mapping.versions import in_force, mappable_kinds, version, versions
from integrations.models import Integration, MappingVersion
from integrations.records import RecordKind
from tenants.api.strict import StrictSerializer

KIND = "(?P<kind>[A-Za-z0-9_-]+)"
LONGEST_NUMBER = 9
RULE = {
    "type": "object",
    "properties": {
        "theirs": {"type": "string", "description": "A field's name there, or a path with dots."},
        "ours": {"type": "string", "description": "A field of ours, or custom.<code>."},
        "direction": {"type": "string", "enum": [way.value for way in Way]},
        "transform": {"type": "string", "enum": list(TRANSFORMS)},
        "parameters": {"type": "object", "additionalProperties": True},
        "default": {"type": "string"},
    },
}


@extend_schema_field(RULE)
class RuleField(serializers.JSONField):
    """One rule; its checks are those of the action, so that pages say the same."""


class RulesSerializer(StrictSerializer):
    rules = serializers.ListField(child=RuleField(), help_text="Objects with theirs, ours, …")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TriedRulesSerializer(StrictSerializer):
    rules = serializers.ListField(
        child=RuleField(), required=False, help_text="Those in force when left out."
    )
    outside_id = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class MappingSerializer(serializers.ModelSerializer[MappingVersion]):
    version = serializers.IntegerField(source="number")

    class Meta:
        model = MappingVersion
        fields = ("kind", "version", "rules", "note", "author", "created_at", "is_active")
        read_only_fields = fields


class SeenSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(source="rule.theirs", help_text="Their field.")
    theirs = serializers.CharField(help_text="What it has.")
    our_field = serializers.CharField(source="rule.ours")
    ours = serializers.CharField(help_text="What we make of it.")
    problem = serializers.CharField()


class PreviewSerializer(serializers.Serializer[Any]):
    outside_id = serializers.CharField()
    rows = SeenSerializer(many=True)


class WhyNotSerializer(serializers.Serializer[Any]):
    outside_id = serializers.CharField()
    value = serializers.CharField()
    text = serializers.CharField()


class TallySerializer(serializers.Serializer[Any]):
    field = serializers.CharField(source="rule.theirs")
    our_field = serializers.CharField(source="rule.ours")
    converted = serializers.IntegerField()
    empty = serializers.IntegerField()
    failed = serializers.IntegerField()
    reasons = WhyNotSerializer(many=True)


class DryRunSerializer(serializers.Serializer[Any]):
    objects = serializers.IntegerField()
    unreadable = serializers.IntegerField()
    rows = TallySerializer(many=True)


class MappingRoutes:
    """Mixed into the routes of integrations."""

    @extend_schema(responses=MappingSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def mappings(self: Any, request: Request, pk: str) -> Response:
        """The mappings in force, one for each kind that has one."""
        return Response(MappingSerializer(list(in_force(self.get_object()).values()), many=True).data)

    @extend_schema(responses=MappingSerializer)
    @action(detail=True, url_path=f"mappings/{KIND}", url_name="mapping")
    def mapping(self: Any, request: Request, pk: str, kind: str) -> Response:
        """The mapping in force for one kind."""
        found = in_force(_known(self.get_object(), kind)).get(kind)
        if found is None:
            raise NotFound
        return Response(MappingSerializer(found).data)

    @extend_schema(request=RulesSerializer, responses=MappingSerializer)
    @mapping.mapping.put
    def save_mapping(self: Any, request: Request, pk: str, kind: str) -> Response:
        """Replace the rules. They become a new version, unless nothing differs."""
        row = _known(self.get_object(), kind)
        values = _checked(RulesSerializer(data=request.data))
        return Response(MappingSerializer(save_mapping(row, kind, values["rules"], values["note"])).data)

    @extend_schema(responses=MappingSerializer(many=True))
    @action(detail=True, url_path=f"mappings/{KIND}/versions", pagination_class=None)
    def mapping_versions(self: Any, request: Request, pk: str, kind: str) -> Response:
        """The newest 25 versions, newest first."""
        found = versions(_known(self.get_object(), kind), kind)
        return Response(MappingSerializer(found, many=True).data)

    @extend_schema(request=None, responses=MappingSerializer)
    @action(
        detail=True,
        methods=["post"],
        url_path=f"mappings/{KIND}/versions/(?P<number>[A-Za-z0-9_-]+)/restore",
    )
    def restore_mapping(self: Any, request: Request, pk: str, kind: str, number: str) -> Response:
        """Put an old version's rules into force, as the newest version."""
        row = _known(self.get_object(), kind)
        if not (number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER):
            raise NotFound
        found = version(row, kind, int(number))
        if found is None:
            raise NotFound
        return Response(MappingSerializer(restore_mapping(found)).data)

    @extend_schema(request=TriedRulesSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], url_path=f"mappings/{KIND}/preview")
    def preview_mapping(self: Any, request: Request, pk: str, kind: str) -> Response:
        """What the rules make of one live object. Nothing is stored."""
        row = _known(self.get_object(), kind)
        values = _checked(TriedRulesSerializer(data=request.data))
        found = preview(row, RecordKind(kind), _rules(row, kind, values), values["outside_id"])
        return Response(PreviewSerializer(found).data)

    @extend_schema(request=TriedRulesSerializer, responses=DryRunSerializer)
    @action(detail=True, methods=["post"], url_path=f"mappings/{KIND}/dry-run")
    def try_mapping(self: Any, request: Request, pk: str, kind: str) -> Response:
        """What the rules make of up to 50 live objects: how many values convert, and which do not. Nothing is stored."""
        row = _known(self.get_object(), kind)
        values = _checked(TriedRulesSerializer(data=request.data))
        return Response(DryRunSerializer(dry_run(row, RecordKind(kind), _rules(row, kind, values))).data)


def _known(row: Integration, kind: str) -> Integration:
    """The integration itself, if it has such objects."""
    if kind not in {one.value for one in mappable_kinds(row)}:
        raise NotFound
    return row


def _rules(row: Integration, kind: str, values: dict[str, Any]) -> Any:
    stored = in_force(row).get(kind)
    return check_mapping(row, kind, values.get("rules", stored.rules if stored else []))


def _checked(form: Any) -> dict[str, Any]:
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)

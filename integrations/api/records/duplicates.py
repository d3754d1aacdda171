"""Groups of duplicates, merges and the work on them as JSON."""

from typing import Any

from rest_framework import serializers

from integrations.models import DuplicateGroup, DuplicateJob, RecordMerge, Sameness
from tenants.api.strict import StrictSerializer


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField()
    phones = serializers.ListField(child=serializers.CharField())
    emails = serializers.ListField(child=serializers.CharField())
    updated_at = serializers.DateTimeField()


class DuplicateGroupSerializer(serializers.ModelSerializer[DuplicateGroup]):
    reasons = serializers.SerializerMethodField(help_text="What all of them have in common.")
    records = MemberSerializer(many=True, source="rows")

    class Meta:
        model = DuplicateGroup
        fields = ("id", "sameness", "reasons", "records", "seen_at")

    def get_reasons(self, group: DuplicateGroup) -> list[dict[str, str]]:
        return [{"type": type_, "value": value} for type_, value in group.reasons]


class GroupFilterSerializer(serializers.Serializer[Any]):
    sameness = serializers.ChoiceField(choices=Sameness.choices, required=False)


class MergeManySerializer(StrictSerializer, GroupFilterSerializer):
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is merged.")


class MergedManySerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    job = serializers.UUIDField(allow_null=True, help_text="Of `/api/v1/duplicate-jobs`.")


class MergeSerializer(StrictSerializer):
    records = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=50,
        help_text="What becomes a part of this one.",
    )
    choices = serializers.DictField(
        child=serializers.UUIDField(),
        default=dict,
        help_text="Field -> the record whose value is taken. Otherwise this one's counts where it has any; numbers, "
        "addresses and further fields are joined.",
    )


class RecordMergeSerializer(serializers.ModelSerializer[RecordMerge]):
    survivor = serializers.UUIDField(source="survivor_id")
    merged = serializers.ListField(child=serializers.DictField(), source="losers")
    automatic = serializers.BooleanField(source="is_automatic")

    class Meta:
        model = RecordMerge
        fields = (
            "id", "kind", "survivor", "title", "merged", "automatic", "done_by", "created_at", "undone_at", "undone_by",
        )  # fmt: skip


class DuplicateJobSerializer(serializers.ModelSerializer[DuplicateJob]):
    percent = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = DuplicateJob
        fields = (
            "id", "task", "state", "percent", "total", "done", "found", "merged", "skipped", "reason", "asked_by",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip

"""Synchronisations as JSON."""

from typing import Any, ClassVar

from rest_framework import serializers

from integrations.models import Integration, Resolution, SyncConflict, SyncFault, SyncPlan, SyncRun
from tenants.api.strict import StrictSerializer


class OwnIntegrations(serializers.PrimaryKeyRelatedField):
    """Of the tenant in scope: another one's does not exist."""

    def get_queryset(self) -> Any:
        return Integration.objects.defer("credentials", "own_secrets")


class SyncPlanSerializer(serializers.ModelSerializer[SyncPlan]):
    integration = OwnIntegrations(help_text="Cannot be changed afterwards; neither can `kind`.")
    enabled = serializers.BooleanField(source="is_enabled", required=False)

    class Meta:
        model = SyncPlan
        fields = (
            "id", "integration", "kind", "direction", "conflict_policy", "deletion_limit", "enabled",
            "interval_minutes", "cron", "full_cron", "watermark", "next_due_at", "next_full_at", "created_at",
        )  # fmt: skip
        read_only_fields = ("watermark", "next_due_at", "next_full_at", "created_at")
        validators = ()  # the action checks the whole, and names the field


class RunOptionsSerializer(StrictSerializer):
    full = serializers.BooleanField(default=False, help_text="Read everything and notice deletions.")
    dry_run = serializers.BooleanField(default=False, help_text="Only count and list what would be done.")
    accept_deletions = serializers.BooleanField(
        default=False, help_text="Delete what is gone, however much it is."
    )


class SyncRunSerializer(serializers.ModelSerializer[SyncRun]):
    sync = serializers.UUIDField(source="plan_id", read_only=True)
    integration = serializers.UUIDField(source="plan.integration_id", read_only=True)
    kind = serializers.CharField(source="plan.kind", read_only=True)
    full = serializers.BooleanField(source="is_full", read_only=True)
    dry_run = serializers.BooleanField(source="is_dry", read_only=True)
    incomplete = serializers.BooleanField(source="is_incomplete", read_only=True)
    percent = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = SyncRun
        fields: ClassVar[Any] = (
            "id", "sync", "integration", "kind", "state", "phase", "full", "dry_run", "percent", "total", "read",
            "created", "updated", "unchanged", "deleted", "failed", "conflicts", "written", "incomplete", "reason",
            "asked_by", "correlation_id", "created_at", "started_at", "finished_at",
        )  # fmt: skip


class SyncRunDetailSerializer(SyncRunSerializer):
    """With what a dry run found."""

    differences = serializers.JSONField(read_only=True)

    class Meta(SyncRunSerializer.Meta):
        fields: ClassVar[Any] = (*SyncRunSerializer.Meta.fields, "differences")


class SyncFaultSerializer(serializers.ModelSerializer[SyncFault]):
    class Meta:
        model = SyncFault
        fields = ("id", "outside_id", "record_id", "text", "created_at")


class FaultyRecordSerializer(serializers.ModelSerializer[SyncFault]):
    """Of a run, or of a request of the outside system: one of the two is null."""

    integration = serializers.UUIDField(source="about.integration_id", read_only=True)
    kind = serializers.CharField(source="about.kind", read_only=True)
    run = serializers.UUIDField(source="run_id", read_only=True, allow_null=True)
    inbound = serializers.UUIDField(source="inbound_id", read_only=True, allow_null=True)

    class Meta:
        model = SyncFault
        fields = (
            "id", "integration", "kind", "outside_id", "record_id", "text", "run", "inbound", "created_at",
            "last_seen_at",
        )  # fmt: skip


class SyncConflictSerializer(serializers.ModelSerializer[SyncConflict]):
    sync = serializers.UUIDField(source="plan_id", read_only=True)

    class Meta:
        model = SyncConflict
        fields = (
            "id", "sync", "kind", "record_id", "title", "fields", "resolution", "resolved_at", "resolved_by",
            "created_at",
        )  # fmt: skip


class ResolveSerializer(StrictSerializer):
    resolution = serializers.ChoiceField(choices=Resolution.choices)

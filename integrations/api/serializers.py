"""How connectors, integrations and exchanges look in the API. Secrets go in and never come out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.connectors import connector_of
from integrations.models import Exchange, ExtensionAssignment, Health, Integration, SyncPlan
from tenants.api.strict import StrictSerializer

STANDINGS = [*Health.values, "expiring", "paused"]
SHOWN_SECRET = "•••"  # noqa: S105 what is shown in place of one


class FieldSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of that name
    help = serializers.CharField()
    type = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # the same
    default = serializers.JSONField()
    choices = serializers.SerializerMethodField()
    columns = serializers.SerializerMethodField(help_text="Of a table: the fields of each row.")

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_choices(self, field: Any) -> dict[str, str]:
        return {key: str(label) for key, label in field.choices}

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_columns(self, field: Any) -> list[Any]:
        return [FieldSerializer(column).data for column in field.columns]


class ConnectorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="manifest.name")
    category = serializers.CharField(source="manifest.category.value")
    summary = serializers.CharField(source="manifest.summary")
    docs_url = serializers.CharField(source="manifest.docs_url")
    capabilities = serializers.SerializerMethodField()
    settings = FieldSerializer(source="manifest.settings", many=True)
    credentials = FieldSerializer(source="manifest.credentials", many=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_capabilities(self, connector: Any) -> list[str]:
        return [one.code for one in connector.manifest.capabilities]


class HealthSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(source="health")
    standing = serializers.ChoiceField(
        STANDINGS, help_text="As people see it: also paused, and expiring where the credentials end soon."
    )
    code = serializers.CharField(source="health_code")
    reason = serializers.CharField(source="health_reason")
    since = serializers.DateTimeField(source="health_since", allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)


class DirectorySerializer(serializers.Serializer[Any]):
    is_registered = serializers.BooleanField()
    is_behind = serializers.BooleanField(
        source="is_directory_behind", help_text="Assignments are saved here and not yet there."
    )
    pushed_at = serializers.DateTimeField(source="directory_pushed_at", allow_null=True)
    error = serializers.CharField(source="directory_error")


class RequestsSerializer(serializers.Serializer[Any]):
    source = serializers.UUIDField(  # type: ignore[assignment]  # a field of that name
        source="source_id",
        allow_null=True,
        help_text="One of GET /api/v1/sources; null where it sends nothing.",
    )
    is_subscribed = serializers.BooleanField(
        source="hooks_wanted", help_text="Entered there through its API, and looked after."
    )
    checked_at = serializers.DateTimeField(source="hooks_checked_at", allow_null=True)
    problem = serializers.CharField(source="hooks_problem")


class IntegrationSerializer(serializers.ModelSerializer[Integration]):
    credentials = serializers.SerializerMethodField(
        help_text="Which are stored; their values are never shown."
    )
    enabled = serializers.BooleanField(source="is_enabled")
    health = HealthSerializer(source="*")
    directory = DirectorySerializer(source="*")
    requests = RequestsSerializer(source="*", help_text="What the system sends to us.")

    class Meta:
        model = Integration
        fields = (
            "id", "connector", "name", "enabled", "paused_at", "paused_reason", "settings", "credentials",
            "credentials_expire_at", "health", "directory", "requests", "users_loaded_at", "created_at", "updated_at",
        )  # fmt: skip

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_credentials(self, row: Integration) -> dict[str, str]:
        fields = connector_of(row.connector).manifest.credentials
        return {field.name: SHOWN_SECRET for field in fields if row.credentials.get(field.name)}


class NewIntegrationSerializer(StrictSerializer):
    connector = serializers.CharField(max_length=40, help_text="One of GET /api/v1/connectors.")
    name = serializers.CharField(max_length=200)
    enabled = serializers.BooleanField(default=True)
    settings = serializers.DictField(default=dict, help_text="As the connector's settings describe.")
    credentials = serializers.DictField(default=dict, help_text="As the connector's credentials describe.")


class ChangedIntegrationSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    enabled = serializers.BooleanField(required=False)
    reason = serializers.CharField(
        required=False, max_length=300, allow_blank=True, help_text="Why it is paused, for colleagues."
    )
    settings = serializers.DictField(required=False, help_text="Replaces all settings.")
    credentials = serializers.DictField(
        required=False, help_text="What is left out or empty stays as it is stored."
    )


class CheckSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    state = serializers.CharField()
    text = serializers.CharField()
    advice = serializers.CharField()


class DiagnosisSerializer(serializers.Serializer[Any]):
    works = serializers.BooleanField()
    summary = serializers.CharField()
    checks = CheckSerializer(many=True)


class ManagerSerializer(serializers.Serializer[Any]):
    outside_id = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    active = serializers.BooleanField(source="is_active")
    extension = serializers.CharField(help_text="Their number here, or empty.")


class AssignmentSerializer(serializers.ModelSerializer[ExtensionAssignment]):
    class Meta:
        model = ExtensionAssignment
        fields = ("outside_user_id", "extension", "valid_from")
        read_only_fields = fields


class AssignSerializer(StrictSerializer):
    outside_user_id = serializers.CharField(max_length=100)
    extension = serializers.CharField(max_length=10, allow_null=True, help_text="Null takes the number away.")


class IssueSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    value = serializers.CharField()


class RegistrationSerializer(serializers.Serializer[Any]):
    issues = IssueSerializer(many=True)


HEAD = (
    "id", "integration", "correlation_id", "subject", "way", "operation", "method", "url", "status",
    "error", "error_text", "started_at", "duration_ms", "timings", "attempt",
)  # fmt: skip


class ExchangeHeadSerializer(serializers.ModelSerializer[Exchange]):
    """A line of the list, without headers and bodies."""

    class Meta:
        model = Exchange
        fields = HEAD
        read_only_fields = fields


class ExchangeSerializer(serializers.ModelSerializer[Exchange]):
    class Meta:
        model = Exchange
        fields = (*HEAD, "request_headers", "request_body", "response_headers", "response_body")
        read_only_fields = fields


class ApiSerializer(serializers.ModelSerializer[Integration]):
    """A connected system, in short."""

    system = serializers.CharField(help_text="Its name.")
    enabled = serializers.BooleanField(source="is_enabled")
    standing = serializers.ChoiceField(STANDINGS)

    class Meta:
        model = Integration
        fields = ("id", "connector", "system", "name", "enabled", "standing", "last_success_at")
        read_only_fields = fields


class PlanSerializer(serializers.ModelSerializer[SyncPlan]):
    enabled = serializers.BooleanField(source="is_enabled")

    class Meta:
        model = SyncPlan
        fields = ("id", "kind", "direction", "enabled", "watermark", "next_due_at", "next_full_at")
        read_only_fields = fields


class SyncSerializer(serializers.ModelSerializer[Integration]):
    """What one integration keeps in step."""

    enabled = serializers.BooleanField(source="is_enabled")
    directory = DirectorySerializer(source="*")
    requests = RequestsSerializer(source="*")
    plans = PlanSerializer(many=True, help_text="Which records, which way, and when.")

    class Meta:
        model = Integration
        fields = ("id", "connector", "name", "enabled", "plans", "users_loaded_at", "directory", "requests")
        read_only_fields = fields


class UnwellSerializer(serializers.ModelSerializer[Integration]):
    health = HealthSerializer(source="*")

    class Meta:
        model = Integration
        fields = ("id", "connector", "name", "health", "credentials_expire_at")
        read_only_fields = fields


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        ["ok", "degraded", "failing"], help_text="The worst of those that are not paused."
    )
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="By standing.")
    unwell = UnwellSerializer(many=True, help_text="Up to a hundred that need somebody, the longest first.")

"""/api/v1/telephone-exchanges"""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from telephony.listening.troubles import in_words, warnings_in_words
from telephony.models import ListenerState, Pbx, PbxOutage, PbxStatus
from tenants.access import MANAGERS
from tenants.api.base import ReadOnlyTenantViewSet


class ExchangeStatusSerializer(serializers.ModelSerializer[PbxStatus]):
    """How the exchange is heard over its manager interface."""

    state = serializers.ChoiceField(choices=ListenerState.choices)
    trouble = serializers.SerializerMethodField(
        help_text="What is wrong and what to do; empty when all is well."
    )
    warnings = serializers.SerializerMethodField(help_text="What works, but should be otherwise.")
    reason = serializers.CharField(help_text="A word for programs, such as timeout or login.")
    clock_offset = serializers.FloatField(help_text="Seconds that our clock is ahead of the exchange's.")

    class Meta:
        model = PbxStatus
        fields: ClassVar[Any] = (
            "state",
            "since",
            "seen_at",
            "reason",
            "trouble",
            "warnings",
            "last_event_at",
            "lag_p50",
            "lag_p99",
            "events_per_minute",
            "version",
            "clock_offset",
            "covered_until",
        )

    def get_trouble(self, status: PbxStatus) -> str:
        return in_words(status.reason, status.detail) if status.reason else ""

    def get_warnings(self, status: PbxStatus) -> list[str]:
        return warnings_in_words(status.warnings)


class ExchangeOutageSerializer(serializers.ModelSerializer[PbxOutage]):
    reason = serializers.CharField(source="why", help_text="In words.")

    class Meta:
        model = PbxOutage
        fields: ClassVar[Any] = ("started_at", "ended_at", "reason", "caught_up_at")


class TelephoneExchangeSerializer(serializers.ModelSerializer[Pbx]):
    """A telephone exchange. Its token and its account are in the admin only."""

    status = ExchangeStatusSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Pbx
        fields: ClassVar[Any] = ("id", "name", "timezone", "is_enabled", "status")

    def to_representation(self, pbx: Pbx) -> dict[str, Any]:
        """An exchange that nobody listens to has no status."""
        if not hasattr(pbx, "status"):
            pbx.status = None
        return dict(super().to_representation(pbx))


class TelephoneExchangeDetailSerializer(TelephoneExchangeSerializer):
    """With the gaps in what it told us, the latest first."""

    outages = ExchangeOutageSerializer(many=True, read_only=True, source="recent_outages")

    class Meta(TelephoneExchangeSerializer.Meta):
        fields: ClassVar[Any] = (*TelephoneExchangeSerializer.Meta.fields, "outages")


class TelephoneExchangeViewSet(ReadOnlyTenantViewSet):
    """Telephone exchanges and how they are heard."""

    resource = "telephone-exchanges"
    model = Pbx
    read_roles = MANAGERS

    def get_serializer_class(self) -> Any:
        return TelephoneExchangeDetailSerializer if self.action == "retrieve" else TelephoneExchangeSerializer

    def scoped_queryset(self) -> QuerySet[Pbx]:
        found = Pbx.objects.select_related("status")
        if self.action == "retrieve":
            latest = PbxOutage.objects.order_by("-started_at")[:50]
            found = found.prefetch_related(Prefetch("outages", queryset=latest, to_attr="recent_outages"))
        return found

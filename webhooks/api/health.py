"""/endpoints/{id}/health and /endpoints/{id}/snippet"""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from tenants.api.strict import StrictSerializer, refuse_strange_parameters
from webhooks.snippets import LANGUAGES

CONDITIONS = ("good", "slow", "failing", "disabled", "quiet")


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(
        source="diagnosis.code", help_text="Such as `tls_expired`, `html_page`, `signature`."
    )
    what = serializers.CharField(source="diagnosis.what")
    fix = serializers.CharField(source="diagnosis.fix")
    count = serializers.IntegerField(help_text="Among the newest tries that failed.")
    seen_at = serializers.DateTimeField()
    delivery = serializers.UUIDField(allow_null=True, help_text="One of those that it was read off.")


class EndpointHealthSerializer(serializers.Serializer[Any]):
    condition = serializers.ChoiceField(CONDITIONS, help_text="`quiet`: nothing was sent in the last day.")
    findings = FindingSerializer(many=True, help_text="What is wrong now, the newest first; at most a few.")
    failing_since = serializers.DateTimeField(allow_null=True)
    success_rate = serializers.FloatField(
        source="figures.success_rate", allow_null=True, help_text="Of the last day, from 0 to 1."
    )
    p50_ms = serializers.FloatField(source="figures.p50_ms", allow_null=True)
    p95_ms = serializers.FloatField(source="figures.p95_ms", allow_null=True)
    oldest_due_at = serializers.DateTimeField(allow_null=True)
    next_try_at = serializers.DateTimeField(allow_null=True)
    certificate_expires_at = serializers.DateTimeField(allow_null=True)
    certificate_warning = serializers.CharField(help_text="Empty unless our client certificate ends soon.")


class LanguageSerializer(StrictSerializer):
    language = serializers.ChoiceField(sorted(LANGUAGES), default="python")


class SnippetSerializer(serializers.Serializer[Any]):
    language = serializers.CharField()
    code = serializers.CharField()
    is_failed = serializers.BooleanField(help_text="The sample is a delivery that failed, not an example.")


def language_of(request: Request) -> str:
    refuse_strange_parameters(request.query_params, {"language"})
    wanted = LanguageSerializer(data=request.query_params)
    wanted.is_valid(raise_exception=True)
    return str(wanted.validated_data["language"])

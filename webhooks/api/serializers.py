"""Shapes of this room's requests and answers."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api.permissions import may_write
from tenants.api.strict import StrictSerializer
from webhooks.limits import LONGEST_ROTATION_OVERLAP, ROTATION_OVERLAP
from webhooks.models import Attempt, Breaker, Delivery, DeliveryState, Endpoint, EndpointFlow, MassAction
from webhooks.proof import certificates, logins, proxies

ABOUT_KEY = (
    "`whsec_` and base64, or any text where `signing` uses it as one; made by Switchboard when left out. Shown in this "
    "answer only."
)
ABOUT_OPTIONS = (
    "`chat_id` and `thread_id` for telegram, `source` for cloudevents, `keep_headers` for original."
)
ABOUT_SIGNING = (
    "Empty for Standard Webhooks. `scheme`: github, stripe, shopify, token, custom, none; beside it `header`, `value`, `entry`, "
    "`signed`, `algorithm`, `encoding`, `key` (docs/webhooks.md)."
)

ABOUT_AUTH = (
    "How we log in at the receiver: `kind` basic (`username`, `password`), bearer (`token`) or oauth2 (`token_url`, `client_id`, "
    "`client_secret`, and if wanted `scope`, `audience`, `client_in`: header or body). Secrets are written only: a mask stands for "
    "them, and given back means the stored one. Empty for none."
)
ABOUT_TLS = (
    "`certificate` and `key`: our client certificate with its chain and its private key; `ca`: the receiver's own authority. PEM. "
    "The key is written only."
)
ABOUT_PROXY = (
    "`http://host:port` or `socks5h://host:port`; a user name and password in it are shown as a mask."
)

ABOUT_URL = (
    "Events are posted here as JSON. It may hold a secret, so only who may write endpoints reads it in full; others get "
    "its host and the beginning of its path."
)

ABOUT_FILTER = (
    'Conditions on the body, such as `{"data.direction": "in", "data.talk_seconds": {"gte": 10}}`; comparisons are eq, '
    "ne, gt, gte, lt, lte, in, exists, prefix, contains; groups are and, or, not. Empty for all events of these types."
)


class FlowSerializer(serializers.ModelSerializer[EndpointFlow]):
    state = serializers.ChoiceField(
        Breaker.choices,
        source="breaker",
        help_text="`closed`: sent to as usual. `open`: left alone until `next_probe`. `recovering`: more with each answer.",
    )
    since = serializers.DateTimeField(source="opened_at", allow_null=True)
    next_probe = serializers.DateTimeField(source="probe_at", allow_null=True)

    class Meta:
        model = EndpointFlow
        fields = ("state", "since", "next_probe", "reason", "last_seq")
        read_only_fields = fields


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    events = serializers.ListField(
        child=serializers.CharField(max_length=100),
        help_text="Event types, `call.*` for a group, `*` for all.",
    )
    filter = serializers.DictField(required=False, help_text=ABOUT_FILTER)
    options = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text=ABOUT_OPTIONS
    )
    signing = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        required=False,
        help_text=ABOUT_SIGNING,
    )
    headers = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    auth = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False),
        required=False,
        help_text=ABOUT_AUTH,
    )
    tls = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, help_text=ABOUT_TLS
    )
    proxy = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text=ABOUT_PROXY)
    flow = serializers.SerializerMethodField(
        help_text="Its circuit breaker, and the last number given to an event of an endpoint with an order."
    )

    class Meta:
        model = Endpoint
        fields = (
            "id",
            "name",
            "url",
            "events",
            "filter",
            "description",
            "format",
            "options",
            "template",
            "signing",
            "headers",
            "auth",
            "tls",
            "certificate_expires_at",
            "proxy",
            "timeout",
            "retries",
            "rate_limit",
            "rate_period",
            "concurrency",
            "ordering_mode",
            "ordering_key",
            "on_failure",
            "batch_size",
            "state",
            "flow",
            "disabled_reason",
            "disabled_at",
            "created_at",
            "updated_at",
        )
        read_only_fields = (
            *("id", "state", "disabled_reason", "disabled_at", "created_at", "updated_at"),
            "certificate_expires_at",
        )
        extra_kwargs = {"url": {"help_text": ABOUT_URL}}

    @extend_schema_field(FlowSerializer)
    def get_flow(self, endpoint: Endpoint) -> dict[str, Any]:
        return dict(FlowSerializer(getattr(endpoint, "flow", None) or EndpointFlow()).data)

    def to_representation(self, endpoint: Endpoint) -> dict[str, Any]:
        shown = super().to_representation(endpoint)
        shown |= {
            "auth": logins.shown(endpoint.auth),
            "tls": certificates.shown(endpoint.tls),
            "proxy": proxies.shown(endpoint.proxy),
        }
        request = self.context.get("request")
        if request is None or not may_write(request, self.context["view"]):
            shown["url"] = endpoint.shown_url
        return shown

    def update(self, instance: Endpoint, validated_data: dict[str, Any]) -> Endpoint:
        kept: dict[str, Callable[[Any, Any], Any]] = {
            "auth": logins.with_stored,
            "tls": certificates.with_stored,
            "proxy": proxies.with_stored,
        }
        for name, value in validated_data.items():
            if name in kept:
                value = kept[name](value, getattr(instance, name))
            setattr(instance, name, value)
        instance.full_clean()
        instance.save()
        return instance


class NewEndpointSerializer(EndpointSerializer):
    secret = serializers.CharField(source="plain_secret", required=False, max_length=200, help_text=ABOUT_KEY)

    class Meta(EndpointSerializer.Meta):
        fields = (*EndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]  # longer than the parent's


class RotationSerializer(StrictSerializer):
    overlap_hours = serializers.FloatField(
        min_value=0,
        max_value=LONGEST_ROTATION_OVERLAP.total_seconds() / 3600,
        default=ROTATION_OVERLAP.total_seconds() / 3600,
        help_text="For so long the old secret signs too.",
    )
    secret = serializers.CharField(required=False, max_length=200, help_text=ABOUT_KEY)


class SecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField()


class TestSerializer(StrictSerializer):
    message = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    type = serializers.CharField(
        max_length=100, required=False, help_text="An event type to show in place of `webhook.test`."
    )
    data = serializers.DictField(  # type: ignore[assignment]  # the stubs know `data` as an attribute
        required=False,
        help_text="Its data, whether or not they fit the schema; the type's example if left out.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "data" in attrs and "type" not in attrs:
            raise serializers.ValidationError({"type": [_("This field is required.")]})
        return attrs


class TestedSerializer(serializers.Serializer[Any]):
    event = serializers.UUIDField()
    delivery = serializers.UUIDField(help_text="Look it up under /deliveries a moment later.")


class FilterTrialSerializer(StrictSerializer):
    filter = serializers.DictField(help_text=ABOUT_FILTER)
    events = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=200,
        default=["*"],
        help_text="As of an endpoint.",
    )
    type = serializers.CharField(
        max_length=100,
        required=False,
        help_text="The newest events of this type; without it, of the newest thousand of the company.",
    )


class TriedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    type = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    matches = serializers.BooleanField()


class FilterTriedSerializer(serializers.Serializer[Any]):
    tested = serializers.IntegerField()
    matched = serializers.IntegerField()
    events = TriedSerializer(many=True)


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    class Meta:
        model = Attempt
        fields = (
            "n",
            "trigger",
            "started_at",
            "status",
            "error",
            "detail",
            "dns_ms",
            "connect_ms",
            "tls_ms",
            "first_byte_ms",
            "total_ms",
            "is_reused",
            "request_headers",
            "response_headers",
            "response_body",
            "is_cut",
        )


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    reason_text = serializers.SerializerMethodField(help_text="The reason in words, and what to do about it.")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id",
            "event",
            "event_type",
            "endpoint",
            "state",
            "trigger",
            "attempts",
            "last_status",
            "reason",
            "reason_text",
            "next_due",
            "created_at",
            "finished_at",
            "correlation_id",
            "seq",
            "batch",
        )

    @extend_schema_field(serializers.CharField())
    def get_reason_text(self, delivery: Delivery) -> str:
        return " ".join(part for part in delivery.explanation or () if part)


class DeliveryDetailSerializer(DeliverySerializer):
    log = AttemptSerializer(source="tries_made", many=True, read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = (*DeliverySerializer.Meta.fields, "log")


class DeliveryFilterSerializer(serializers.Serializer[Any]):
    endpoint = serializers.UUIDField(required=False)
    event = serializers.UUIDField(required=False)
    event_type = serializers.CharField(required=False, max_length=100)
    state = serializers.ChoiceField(DeliveryState.choices, required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


class ReplaySerializer(StrictSerializer, DeliveryFilterSerializer):
    """A filter that is not known is refused: left out, it would mean more than was asked for."""

    state = serializers.ChoiceField(
        [choice for choice in DeliveryState.choices if choice[0] != DeliveryState.PENDING],
        default=DeliveryState.FAILED,
    )
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is sent.")


class CancelSerializer(StrictSerializer, DeliveryFilterSerializer):
    """What waits and fits; a filter that is not known is refused."""

    state = None  # type: ignore[assignment]  # only what waits can be cancelled
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is cancelled.")


class MissingSerializer(StrictSerializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    dry_run = serializers.BooleanField(default=True, help_text="Only count; nothing is sent.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] >= attrs["until"]:
            raise serializers.ValidationError({"until": [_("The beginning must be before the end.")]})
        return attrs


class ReplayedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    is_all = serializers.BooleanField(default=True, help_text="False: counted no further than this.")
    mass_action = serializers.UUIDField(
        allow_null=True, default=None, help_text="Where it goes on in the background, when there are many."
    )


class MassActionSerializer(serializers.ModelSerializer[MassAction]):
    class Meta:
        model = MassAction
        fields = (
            *("id", "kind", "endpoint", "wanted", "state", "total", "seen", "done", "percent"),
            *("reason", "made_by", "created_at", "finished_at"),
        )

"""Shapes of endpoints, their secrets, tests and filters."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tenants.api.permissions import may_write
from tenants.api.strict import StrictSerializer
from webhooks.limits import LONGEST_ROTATION_OVERLAP, ROTATION_OVERLAP
from webhooks.models import Breaker, Endpoint, EndpointFlow
from webhooks.proof import certificates, logins, proxies
from webhooks.selectors import public_keys

ABOUT_KEY = (
    "`whsec_` and base64, `whsk_` for ed25519, or any text where `signing` uses it as one; made by Switchboard when left out. Shown in this "
    "answer only, and a private key never."
)
ABOUT_OPTIONS = (
    "`chat_id` and `thread_id` for telegram, `source` for cloudevents, `keep_headers` for original."
)
ABOUT_SIGNING = (
    "Empty for Standard Webhooks. `scheme`: ed25519 (Standard Webhooks with a public key), github, stripe, shopify, token, custom, none; beside it `header`, `value`, `entry`, "
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

    public_keys = serializers.SerializerMethodField(
        help_text="What verifies requests of an endpoint with the scheme ed25519: `whpk_…`, the newest first."
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
            "public_keys",
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

    def get_public_keys(self, endpoint: Endpoint) -> list[str]:
        return public_keys(endpoint)

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
    secret = serializers.CharField(
        source="plain_secret", required=False, allow_null=True, max_length=200, help_text=ABOUT_KEY
    )

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
    secret = serializers.CharField(
        allow_null=True, help_text="Null for ed25519: nobody is shown a private key."
    )
    public_key = serializers.CharField(allow_null=True, help_text="For ed25519 alone.")


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

"""Settings of the API's libraries: REST framework, its OAuth2 provider, its description. Read by config/settings.py."""

from typing import Any

from config.env import env

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.api.authentication.ApiKeyAuthentication",
        "tenants.api.authentication.OAuthAuthentication",
        "tenants.api.authentication.SignatureAuthentication",
        "tenants.api.authentication.MemberSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.api.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["tenants.api.renderers.FastJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tenants.api.pagination.KeysetPagination",
    "DEFAULT_THROTTLE_CLASSES": ["tenants.api.throttling.CredentialThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "credential": env.str("API_RATE", default="6000/min"),
        "oauth": env.str("OAUTH_RATE", default="60/min"),
    },
    "DEFAULT_SCHEMA_CLASS": "tenants.api.schema.Schema",
    "EXCEPTION_HANDLER": "tenants.api.problems.problem_handler",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Only the grant that machines use; tokens are stored as digests (tenants/oauth.py).
OAUTH2_PROVIDER_APPLICATION_MODEL = "tenants.OAuthApplication"
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "OAUTH2_VALIDATOR_CLASS": "tenants.oauth.Validator",
    "SCOPES_BACKEND_CLASS": "tenants.oauth.RegistryScopes",
    "ACCESS_TOKEN_GENERATOR": "tenants.oauth.new_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": env.int("OAUTH_TOKEN_SECONDS", default=3600),
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Switchboard API",
    "DESCRIPTION": "Connect a company's telephone exchange, CRM, shops, messengers, payments, documents and databases.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "OverviewStatusEnum": [("ok", "ok"), ("degraded", "degraded"), ("failing", "failing")],
        "DeliveryStateEnum": "webhooks.models.DeliveryState",
        "EndpointStateEnum": "webhooks.models.EndpointState",
        "ExportStateEnum": "exports.models.State",
        "ImportModeEnum": "exports.models.ImportMode",
        "ImportStateEnum": "exports.models.ImportState",
        "ImportActionEnum": "exports.models.RowAction",
        "ExportShipmentStateEnum": "exports.models.ShipmentState",
        "ExportDestinationKindEnum": "exports.models.DestinationKind",
        "InboundStateEnum": "webhooks.models.InboundState",
        "CaptureStateEnum": "webhooks.api.capture_serializers.STATES",
        "RecordKindEnum": "integrations.models.records.links.KINDS",
        "CallDirectionEnum": "telephony.models.CallDirection",
        "CallStatusEnum": "telephony.models.CallStatus",
        "DealPhaseEnum": "integrations.records.DealPhase",
        "OrderStatusEnum": "integrations.records.OrderStatus",
        "InvoiceStatusEnum": "integrations.records.InvoiceStatus",
        "PaymentStatusEnum": "integrations.records.PaymentStatus",
        "MessageStatusEnum": "integrations.records.MessageStatus",
        "LinkStatusEnum": "integrations.models.LinkStatus",
        "SyncDirectionEnum": "integrations.models.SyncDirection",
        "SyncRunStateEnum": "integrations.models.RunState",
        "SyncPhaseEnum": "integrations.models.RunPhase",
    },
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "tenants.api.schema.add_problems",
    ],
}

"""Who calls the API: a machine with a key, a token or a signature, or a signed-in person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from tenants.addresses import is_within
from tenants.api.strangers import note_refusal, note_wrong, refuse_guesser
from tenants.audit import Actor, set_actor
from tenants.keys import find_key, find_signer, find_token, is_remembered
from tenants.models import ApiKey, MachineCredential, Tenant
from tenants.oauth import TOKEN_PREFIX
from tenants.scopes import known_scopes
from tenants.signatures import BadSignature, SignedRequest, parse_signature, spend_nonce, verify
from tenants.signin.guard import obstacle
from tenants.usage import usage

UNKNOWN = _("This API key is not known or no longer valid.")
UNKNOWN_TOKEN = _("This token is not known or no longer valid.")
EXPIRED = _("This API key has expired.")
EXPIRED_TOKEN = _("This token has expired; ask for a new one.")


class Machine:
    """The "user" of a request that came with a credential."""

    is_authenticated = True
    is_active = True
    is_superuser = False
    is_staff = False

    def __init__(self, credential: MachineCredential) -> None:
        self.credential = credential
        self.pk = f"{credential._meta.model_name}:{credential.pk}"

    def __str__(self) -> str:
        return str(self.credential)


def address_of(request: Request) -> str | None:
    """The caller's address, as the front made it of the connection and of trusted proxies' headers."""
    return request.META.get("REMOTE_ADDR") or None


def admit(
    request: Request,
    credential: MachineCredential | None,
    *,
    presented: str,
    unknown: str | Promise = UNKNOWN,
    expired: str | Promise = EXPIRED,
) -> Machine:
    """The machine, if its credential is live and may be used from here; whoever is refused is counted and told why."""
    address = address_of(request)
    if credential is None:
        note_wrong(address, presented)
        raise exceptions.AuthenticationFailed(str(unknown))
    if not credential.is_active or not credential.tenant.is_active:
        note_refusal(credential, "inactive", address)
        raise exceptions.AuthenticationFailed(str(unknown))
    if credential.is_over(timezone.now()):
        note_refusal(credential, "expired", address)
        raise exceptions.AuthenticationFailed(str(expired))
    if credential.allowed_networks and not is_within(address, credential.allowed_networks):
        note_refusal(credential, "address", address)
        raise exceptions.PermissionDenied(
            _("This credential may not be used from this address."), "address_not_allowed"
        )
    usage.note(credential, address)
    set_actor(Actor(str(credential), "key", address))
    return Machine(credential)


def presented_in(request: Request) -> str | None:
    """What stands behind `Authorization: Bearer`, else in `X-API-Key`."""
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    return request.headers.get("X-API-Key")


class _MachineAuthentication(BaseAuthentication):
    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class ApiKeyAuthentication(_MachineAuthentication):
    """`Authorization: Bearer <key>` or `X-API-Key: <key>`."""

    def authenticate(self, request: Request) -> tuple[Machine, MachineCredential] | None:
        plain = presented_in(request)
        if plain is None or plain.startswith(TOKEN_PREFIX):
            return None
        if not is_remembered(plain):
            refuse_guesser(address_of(request))
        key = find_key(plain)
        machine = admit(request, key, presented=plain)
        assert key is not None
        if key.must_sign:
            note_refusal(key, "unsigned", address_of(request))
            raise exceptions.AuthenticationFailed(
                _("Requests of this key must be signed; the key itself is not accepted."),
                "signature_required",
            )
        return machine, key


class OAuthAuthentication(_MachineAuthentication):
    """`Authorization: Bearer <token>` with a token of POST /oauth/token."""

    def authenticate(self, request: Request) -> tuple[Machine, MachineCredential] | None:
        plain = presented_in(request)
        if plain is None or not plain.startswith(TOKEN_PREFIX):
            return None
        if not is_remembered(plain):
            refuse_guesser(address_of(request))
        application = find_token(plain)
        machine = admit(request, application, presented=plain, unknown=UNKNOWN_TOKEN, expired=EXPIRED_TOKEN)
        assert application is not None
        return machine, application


class SignatureAuthentication(_MachineAuthentication):
    """`Signature-Input` and `Signature` (RFC 9421, hmac-sha256); the key's id stands in `keyid`."""

    def authenticate(self, request: Request) -> tuple[Machine, MachineCredential] | None:
        if "Signature-Input" not in request.headers:
            return None
        refuse_guesser(address_of(request))
        try:
            signature = parse_signature(
                request.headers["Signature-Input"], request.headers.get("Signature", "")
            )
            key = self._signer(signature.key_id)
            if key is not None:
                now = timezone.now()
                verify(SignedRequest.of(request._request), signature, key.live_signing_secrets(now), now)
        except BadSignature as error:
            note_wrong(address_of(request), request.headers.get("Signature", ""))
            raise exceptions.AuthenticationFailed(str(error), "bad_signature") from error
        machine = admit(request, key, presented=signature.key_id)
        assert key is not None
        if not spend_nonce(key, signature.nonce):
            note_refusal(key, "replayed", address_of(request))
            raise exceptions.AuthenticationFailed(_("This nonce was used before."), "replayed")
        return machine, key

    @staticmethod
    def _signer(key_id: str) -> ApiKey | None:
        try:
            key = find_signer(UUID(key_id))
        except ValueError:
            return None
        return key if key is not None and key.must_sign else None


class MemberSessionAuthentication(SessionAuthentication):
    """A person signed in to the admin, acting in their current tenant; protected against cross-site requests."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None:
            stopped = obstacle(request._request)
            if stopped is not None:
                raise exceptions.PermissionDenied(stopped.text, code=stopped.value)
        return found


def machine_of(request: Request) -> MachineCredential | None:
    """The credential of the machine that calls; None for a person."""
    return request.auth if isinstance(request.auth, MachineCredential) else None


def tenant_of(request: Request) -> Tenant | None:
    """The tenant the request acts in: the credential's, or the one the person works in."""
    machine = machine_of(request)
    if machine is not None:
        return machine.tenant
    return getattr(request._request, "tenant", None)


class _KeyScheme(OpenApiAuthenticationExtension):
    target_class = ApiKeyAuthentication
    name = ["bearerKey", "headerKey"]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {"type": "http", "scheme": "bearer", "description": "API key, `sbk_…`"},
            {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same API key."},
        ]


class _OAuthScheme(OpenApiAuthenticationExtension):
    target_class = OAuthAuthentication
    name = "oauth2"

    def get_security_requirement(self, auto_schema: Any) -> Any:
        return {self.name: auto_schema.required_scopes()}

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {
            "type": "oauth2",
            "description": "For trusted systems: a secret is traded for tokens that live for an hour.",
            "flows": {
                "clientCredentials": {
                    "tokenUrl": "/oauth/token",
                    "scopes": {scope: _described(scope) for scope in known_scopes()},
                }
            },
        }


class _SignatureScheme(OpenApiAuthenticationExtension):
    target_class = SignatureAuthentication
    name = "signature"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Signature",
            "description": "HTTP Message Signatures (RFC 9421) with hmac-sha256, for keys that must sign: docs/api.md.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):
    target_class = MemberSessionAuthentication
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def _described(scope: str) -> str:
    resource, _colon, action = scope.partition(":")
    return f"{'Read' if action == 'read' else 'Change'} {resource}"

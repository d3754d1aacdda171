"""What callers of the click paths said: query, form or JSON, whatever the content type claims; and whose secret it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from django.http import HttpRequest

from integrations.actions.save_integration import client_digest
from integrations.models import Integration
from telephony.models import TelephonySettings
from telephony.models.pbx import token_digest
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tenants.storable import storable_text

MOST_BYTES: Final = 16 * 1024
LONGEST: Final = 200
_MOST_FIELDS: Final = 50


class Unreadable(ValueError):
    """Neither a form nor a JSON object, or far too much of it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who presented a secret that is known."""

    tenant: Tenant
    name: str
    integration_id: UUID | None = None


def said_in(request: HttpRequest) -> Mapping[str, str]:
    """All fields as texts; the body wins over the address."""
    found = {name: values[-1] for name, values in request.GET.lists()}
    if request.method == "POST":
        found |= _body(request)
    return {name: storable_text(value.strip())[:LONGEST] for name, value in found.items()}


def _body(request: HttpRequest) -> dict[str, str]:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Unreadable("too long")
    body = request.body
    if body.lstrip().startswith(b"{"):
        return _json(body)
    if body.startswith(b"--"):  # a form in parts, which only its content type can take apart
        return {name: str(values[-1]) for name, values in request.POST.lists()}
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Unreadable("no form") from error
    return dict(pairs)


def _json(body: bytes) -> dict[str, str]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("no JSON") from error
    return {str(name): _text(value) for name, value in fields.items()}


def _text(value: Any) -> str:
    """Numbers come without quotes, too; anything deeper is nothing that is asked for here."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def caller_by_client_id(client_id: str) -> Caller | None:
    """The integration that was given this id at its registration; None for anybody else's."""
    with all_tenants():
        rows = Integration.objects.filter(is_enabled=True, tenant__is_active=True).select_related("tenant")
        row = rows.filter(client_digest=client_digest(client_id)).first() if client_id else None
        if row is None or not _same(str(row.own_secrets.get("client_id", "")), client_id):
            return None
        return Caller(row.tenant, row.name, row.pk)


def caller_by_call_secret(secret: str) -> Caller | None:
    """The company whose call secret this is."""
    with all_tenants():
        rows = TelephonySettings.objects.filter(tenant__is_active=True).select_related("tenant")
        row = rows.filter(call_secret_digest=token_digest(secret)).first() if secret else None
        if row is None or not _same(row.call_secret, secret):
            return None
        return Caller(row.tenant, "makecallexternal")


def _same(known: str, presented: str) -> bool:
    return compare_digest(known.encode("utf-8", "surrogatepass"), presented.encode("utf-8", "surrogatepass"))

"""How a portal is entered: by a local application's token, or by an incoming webhook's address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from integrations.http.auth import Credentials, OAuth2
from integrations.http.draft import Draft
from tenants.errors import ConfigError

REST = "/rest"
_WEBHOOK_PATH = re.compile(r"/rest/[1-9]\d{0,9}/[\w-]{8,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccess(OAuth2):
    """Tokens, which Bitrix24 wants in the body, unless the address of a webhook was entered: that is its own proof."""

    def place(self, token: str, draft: Draft) -> None:
        if token.startswith("http"):
            draft.path = urlsplit(token).path + draft.path.removeprefix(REST)
        else:
            draft.put_field(self.parameter, token)


def webhook_address(url: str) -> str:
    """A validator: the address as the portal shows it, without what people copy along with it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    path = _WEBHOOK_PATH.match(parts.path)
    if parts.scheme not in ("http", "https") or not parts.hostname or path is None or parts.username:
        raise ValidationError(
            _("This is not the address of an incoming webhook: it looks like https://…/rest/1/…/")
        )
    host = f"{parts.hostname}:{port}" if port else parts.hostname
    return f"{parts.scheme}://{host}{path[0]}"


def check_webhook(settings: Mapping[str, Any], credentials: Credentials) -> None:
    """ConfigError when the webhook is another portal's: its secret would be sent to strangers."""
    webhook = str(credentials.get("webhook_url") or "")
    if webhook and _origin(webhook) != _origin(str(settings.get("url", ""))):
        raise ConfigError(_("The webhook belongs to another portal than the address that is entered."))


def read_callback(told: Mapping[str, str], settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Of what comes along with the permission: which portal it is. Portals are renamed, `member_id` stays."""
    domain, portal = told.get("domain", ""), urlsplit(str(settings.get("url", ""))).netloc
    if domain and domain.lower() != portal.lower():
        raise ConfigError(
            _("The permission is that of another portal: %(domain)s.") % {"domain": domain[:100]}
        )
    return {"member_id": told["member_id"][:100]} if told.get("member_id") else {}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()

"""Links to an endpoint's page for an outside developer: made, taken back, found again."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.models.api_key import digest
from tenants.scoping import all_tenants
from webhooks.models import Endpoint, PortalLink
from webhooks.models.portal import SALT

LONGEST: Final = timedelta(days=365)
MOST_OPEN: Final = 20
# Looking is noted no more often than this.
NOTED_EVERY: Final = timedelta(minutes=5)


@transaction.atomic
def make_link(
    endpoint: Endpoint, name: str, expires_at: datetime, *, may_change: bool = True
) -> tuple[PortalLink, str]:
    """The row, and the address that is shown this once."""
    if not is_allowed_end(expires_at):
        raise ConfigError(_("A link is valid for at most a year, and ends in the future."))
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if open_links(endpoint) >= MOST_OPEN:
        raise ConfigError(
            _("There are %(count)d open links already; take one back first.") % {"count": MOST_OPEN}
        )
    token = _signer().sign(secrets.token_urlsafe(32))
    link = PortalLink.objects.create(
        tenant_id=endpoint.tenant_id,
        endpoint=endpoint,
        name=name,
        digest=digest(token),
        may_change=may_change,
        expires_at=expires_at,
        made_by=audit.current_actor().name[:200],
    )
    told = {"name": name, "may_change": may_change, "expires_at": expires_at}
    audit.record("endpoint.link_made", endpoint, after=told)
    return link, settings.PUBLIC_URL.rstrip("/") + reverse("portal", args=[token])


def is_allowed_end(expires_at: datetime) -> bool:
    now = timezone.now()
    return now < expires_at <= now + LONGEST


@transaction.atomic
def take_back_link(link: PortalLink) -> bool:
    """False when it had been taken back before."""
    if not PortalLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    audit.record("endpoint.link_taken_back", link.endpoint, before={"name": link.name})
    link.refresh_from_db()
    return True


def find_link(token: str) -> PortalLink | None:
    """The open link of that address. What we never signed is not even looked for."""
    try:
        _signer().unsign(token)
    except BadSignature:
        return None
    with all_tenants():  # the address alone says of which company it is
        rows = PortalLink.objects.select_related("endpoint__tenant", "tenant")
        found = rows.filter(digest=digest(token), tenant__is_active=True).first()
    return found if found is not None and found.is_open else None


def note_use(link: PortalLink) -> None:
    now = timezone.now()
    if link.last_used_at is None or link.last_used_at < now - NOTED_EVERY:
        PortalLink.objects.filter(pk=link.pk).update(last_used_at=now)


def open_links(endpoint: Endpoint) -> int:
    rows = PortalLink.objects.filter(endpoint=endpoint, revoked_at=None, expires_at__gt=timezone.now())
    return rows.count()


def _signer() -> Signer:
    return Signer(salt=SALT)

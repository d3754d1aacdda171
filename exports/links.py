"""Where a file is downloaded: the plain address, which asks for credentials, and a signed one that works for some minutes."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from exports.models import Export

SALT = "exports.download"
LINK_LIFETIME = timedelta(minutes=15)


def download_url(export: Export) -> str:
    """Needs a session or an API key."""
    return f"{settings.PUBLIC_URL}{reverse('download-export', args=[export.pk])}"


def signed_url(export: Export) -> str:
    """Needs nothing else, and so only lives for a quarter of an hour."""
    return f"{download_url(export)}?token={signing.dumps(str(export.pk), salt=SALT)}"


def is_signed_for(token: str, export_id: uuid.UUID) -> bool:
    """Whether the token is ours, fresh, and of this very export."""
    try:
        return bool(signing.loads(token, salt=SALT, max_age=LINK_LIFETIME) == str(export_id))
    except signing.BadSignature:
        return False

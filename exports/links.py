"""Where a file is downloaded: the plain address, which asks for credentials, and a signed one that works for some minutes."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

from exports.models import Export

SALT = "exports.download"
MAILED_SALT = "exports.mailed"
LINK_LIFETIME = timedelta(minutes=15)
PERSONAL_SALT = "exports.personal"
PERSONAL_LIFETIME = timedelta(days=7)


def download_url(export: Export) -> str:
    """Needs a session or an API key."""
    return f"{settings.PUBLIC_URL}{reverse('download-export', args=[export.pk])}"


def signed_url(export: Export) -> str:
    """Needs nothing else, and so only lives for a quarter of an hour."""
    return f"{download_url(export)}?token={signing.dumps(str(export.pk), salt=SALT)}"


def mailed_url(export: Export) -> str:
    """For a mail to people without a login here: works until the file is removed."""
    return f"{download_url(export)}?token={signing.dumps(str(export.pk), salt=MAILED_SALT)}"


def personal_url(export: Export, user_id: int) -> str:
    """For one person, in a mail: it works while the file is there, for a week at most, and while that person may have it."""
    return f"{download_url(export)}?token={signing.dumps([str(export.pk), user_id], salt=PERSONAL_SALT)}"


def reader_of(token: str, export_id: uuid.UUID) -> int | None:
    """The user whom this token of this very export was mailed to; None for anything else."""
    try:
        found = signing.loads(token, salt=PERSONAL_SALT, max_age=PERSONAL_LIFETIME)
    except signing.BadSignature:
        return None
    return int(found[1]) if found[0] == str(export_id) else None


def is_signed_for(token: str, export_id: uuid.UUID) -> bool:
    """Whether the token is ours, of this very export, and fresh or of a mail."""
    return any(
        _opened(token, *lock) == str(export_id) for lock in ((SALT, LINK_LIFETIME), (MAILED_SALT, None))
    )


def _opened(token: str, salt: str, max_age: timedelta | None) -> object:
    try:
        return signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature:
        return None

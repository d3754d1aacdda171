"""Change what a key may do, from where and until when; switch it off and on."""

from typing import Any

from django.db import transaction

from tenants import audit
from tenants.keys import forget_keys
from tenants.models import ApiKey
from tenants.models.api_key import new_signing_secret


@transaction.atomic
def change_key(key: ApiKey) -> str | None:
    """Saves the changed key. A key that must sign from now on gets a signing secret, returned this once."""
    stored = ApiKey.objects.select_for_update().get(pk=key.pk)
    secret = None
    if key.must_sign and not stored.signing_secret:
        key.signing_secret = secret = new_signing_secret()
    key.full_clean()
    key.save()
    old, new = audit.changed(audit.snapshot(stored), audit.snapshot(key))
    if new:
        audit.record(_verb(old, new), key, before=old, after=new)
    forget_keys()
    return secret


@transaction.atomic
def delete_key(key: ApiKey) -> None:
    audit.record("apikey.deleted", key, before=audit.snapshot(key))
    key.delete()
    forget_keys()


def _verb(old: dict[str, Any], new: dict[str, Any]) -> str:
    if "is_active" in new:
        return "apikey.restored" if new["is_active"] else "apikey.revoked"
    return "apikey.updated"

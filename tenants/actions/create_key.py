"""Give a machine a key."""

from django.db import transaction

from tenants import audit
from tenants.keys import forget_keys
from tenants.models import ApiKey
from tenants.models.api_key import new_key, new_signing_secret


@transaction.atomic
def create_key(key: ApiKey) -> str:
    """What the machine gets, shown this once: the key, or for one that must sign its signing secret."""
    plain = new_key()
    key.set_key(plain)
    if key.must_sign:
        key.signing_secret = plain = new_signing_secret()
    key.full_clean()
    key.save()
    audit.record("apikey.created", key, after=audit.snapshot(key))
    forget_keys()
    return plain

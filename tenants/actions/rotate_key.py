"""Give a machine a new key while the old one still works for a while."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from tenants.keys import forget_keys
from tenants.models import ApiKey
from tenants.models.api_key import new_key, new_signing_secret

OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=30)


@transaction.atomic
def rotate_key(key: ApiKey, overlap: timedelta = OVERLAP) -> str:
    """The new key, or the new signing secret of a key that must sign; shown this once.

    The old one works until the overlap ends. There is one old one at most: a second rotation ends the first one's.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise ConfigError(_("The old key may stay valid for at most 30 days."))
    row = ApiKey.objects.select_for_update().get(pk=key.pk)
    until = timezone.now() + overlap
    if row.must_sign:
        plain = new_signing_secret()
        row.previous_signing_secret, row.signing_secret = row.signing_secret, plain
        # The key itself is not accepted: nothing of it needs to live on.
        row.previous_digest, row.previous_prefix, row.previous_until = None, "", until
    else:
        plain = new_key()
        row.previous_digest, row.previous_prefix, row.previous_until = row.digest, row.prefix, until
        row.set_key(plain)
    row.save()
    audit.record(
        "apikey.rotated",
        row,
        before={"prefix": row.previous_prefix},
        after={"prefix": row.prefix, "overlap_hours": overlap.total_seconds() / 3600},
    )
    key.refresh_from_db()
    forget_keys()
    return plain

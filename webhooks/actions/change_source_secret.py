"""Give a source a new secret, while the former one is accepted for a while."""

from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from webhooks.limits import LONGEST_ROTATION_OVERLAP, ROTATION_OVERLAP
from webhooks.models import Source
from webhooks.presets import BadOption

MOST_OLDER: Final = 3


@transaction.atomic
def change_source_secret(
    source: Source, secret: str | None = None, overlap: timedelta = ROTATION_OVERLAP
) -> str | None:
    """The plain secret, shown this once, when it was made here; None when it was given. ValidationError when it is none."""
    if not timedelta(0) <= overlap <= LONGEST_ROTATION_OVERLAP:
        raise ConfigError(_("The old secret may stay valid for at most seven days."))
    try:
        plain = source.sender.clean_secret(secret, source.options) if secret else source.sender.new_secret()
    except BadOption as error:
        raise ValidationError({"secret": str(error)}) from error
    # The row serialises two changes at once: the former secret must be the one that is being replaced.
    current = Source.objects.select_for_update().get(pk=source.pk)
    now = timezone.now()
    source.former_secrets = _still_valid(current, now) if overlap else None
    source.previous_secret = current.secret if overlap else None
    source.previous_until = now + overlap if overlap else None
    source.secret = plain
    source.save(update_fields=["secret", "previous_secret", "previous_until", "former_secrets", "updated_at"])
    audit.record("source.secret_changed", source, after={"overlap_hours": overlap.total_seconds() / 3600})
    return None if secret else plain


def _still_valid(source: Source, now: datetime) -> list[list[str]] | None:
    """What was accepted beside the current one, each until its own end. Without an overlap nothing old stays valid."""
    older = [pair for pair in source.former_secrets or () if datetime.fromisoformat(pair[1]) > now]
    if source.previous_secret and source.previous_until and source.previous_until > now:
        older = [[source.previous_secret, source.previous_until.isoformat()], *older]
    return older[:MOST_OLDER] or None

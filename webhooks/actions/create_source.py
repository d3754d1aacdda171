"""Create a source; where the sender lets us choose, its secret is made here."""

from django.core.exceptions import ValidationError
from django.db import transaction

from tenants import audit
from webhooks.models import Source
from webhooks.presets import PRESETS, BadOption


@transaction.atomic
def create_source(source: Source) -> str | None:
    """Check and save a new source; the plain secret, shown this once, when it was made here. ValidationError names fields."""
    made = None
    if not source.secret and source.preset in PRESETS:
        try:
            made = source.secret = source.sender.new_secret()
        except BadOption as error:
            raise ValidationError({"secret": str(error)}) from error
    source.full_clean()
    source.save(force_insert=True)
    audit.record("source.created", source, after=audit.snapshot(source))
    return made

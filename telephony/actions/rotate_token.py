"""Gives an exchange a new token; the former one works for another week."""

from django.db import transaction

from telephony.models import Pbx
from telephony.models.pbx import new_token
from tenants import audit


@transaction.atomic
def rotate_token(pbx: Pbx) -> str:
    """The new token, to be shown once."""
    locked = Pbx.objects.select_for_update(no_key=True).get(pk=pbx.pk)
    locked.rotate(new_token())
    locked.full_clean(exclude=["tenant"])
    locked.save()
    audit.record("pbx.token_rotated", locked, after={"token": locked.token})
    return str(locked.token)

"""Links to recordings: for a CRM one that lasts for years, for a person one that lasts for minutes."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from telephony.models import Call
from telephony.models.recording import LinkAudience, Recording, RecordingLink, RecordingState, link_digest
from telephony.recordings.checking import store_of
from tenants.models import User
from tenants.scoping import all_tenants

MINUTES: Final = 15
LONGEST_MINUTES: Final = 7 * 24 * 60
LISTENED_TO: Final = (RecordingState.EXPECTED, RecordingState.FINAL)


def url_of(link: RecordingLink) -> str:
    return f"{settings.PUBLIC_URL}{reverse('recording', args=[link.token])}"


def crm_url(call: Call) -> str | None:
    """The call's lasting link; empty when there is nothing to listen to, None when we do not know its recordings.

    It is given before the recording is complete: by the time that somebody listens, it will be.
    """
    with all_tenants():  # whoever has the call may have its link made, in whatever scope
        row = Recording.objects.filter(call_id=call.pk).first()
        if row is None:
            return None
        if row.state not in LISTENED_TO:
            return ""
        link = RecordingLink.objects.filter(recording=row, audience=LinkAudience.CRM).first()
        return url_of(link or _crm_link(row))


def _crm_link(row: Recording) -> RecordingLink:
    store = store_of(row.pbx_id)
    days = store.crm_days if store is not None else 365
    link = RecordingLink(
        tenant_id=row.tenant_id,
        recording=row,
        audience=LinkAudience.CRM,
        expires_at=timezone.now() + timedelta(days=days),
    )
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError:  # another worker made it a moment ago
        return RecordingLink.objects.get(recording=row, audience=LinkAudience.CRM)
    return link


def personal_link(
    row: Recording, *, user: User | None, made_for: str, minutes: int = MINUTES
) -> RecordingLink:
    """A link of that person's own, or of the machine that asked for it: what is listened to by it is theirs."""
    return RecordingLink.objects.create(
        tenant_id=row.tenant_id,
        recording=row,
        token=(token := RecordingLink().token),
        token_digest=link_digest(token),
        audience=LinkAudience.PERSON,
        user=user,
        made_for=made_for[:200],
        expires_at=timezone.now() + timedelta(minutes=min(minutes, LONGEST_MINUTES)),
    )

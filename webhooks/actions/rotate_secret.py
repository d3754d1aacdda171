"""Give an endpoint a new signing secret while the old ones still sign for a while."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants import audit
from tenants.errors import ConfigError
from webhooks.limits import LONGEST_ROTATION_OVERLAP, MOST_LIVE_SECRETS, ROTATION_OVERLAP
from webhooks.models import Endpoint, EndpointSecret
from webhooks.schemes import check_new_secret, made_secret


@transaction.atomic
def rotate_secret(
    endpoint: Endpoint, secret: str | None = None, overlap: timedelta = ROTATION_OVERLAP
) -> str:
    """The new plain secret, shown this once. Until the overlap ends, requests carry both signatures.

    BadSecret when the given one is none; ConfigError when too many are live already.
    """
    if not timedelta(0) <= overlap <= LONGEST_ROTATION_OVERLAP:
        raise ConfigError(_("The old secret may stay valid for at most seven days."))
    plain = secret or made_secret(endpoint.signing)
    check_new_secret(endpoint.signing, plain)
    now = timezone.now()
    # The endpoint's row serialises two rotations at once.
    Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    live = EndpointSecret.objects.filter(endpoint=endpoint).filter(Q(expires_at=None) | Q(expires_at__gt=now))
    if overlap and live.count() >= MOST_LIVE_SECRETS:
        raise ConfigError(
            _("Too many secrets are valid at once; wait until old ones expire, or rotate without overlap.")
        )
    live.filter(Q(expires_at=None) | Q(expires_at__gt=now + overlap)).update(expires_at=now + overlap)
    EndpointSecret.objects.filter(endpoint=endpoint, expires_at__lte=now).delete()
    EndpointSecret.objects.create(tenant_id=endpoint.tenant_id, endpoint=endpoint, secret=plain)
    endpoint.save(update_fields=["revision"])
    audit.record("endpoint.secret_rotated", endpoint, after={"overlap_hours": overlap.total_seconds() / 3600})
    return plain

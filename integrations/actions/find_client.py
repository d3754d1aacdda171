"""Which integration a client id stands for: an outside system names us by it, and proves itself by it."""

import hmac
from typing import Final

from django.db.models import Q
from django.utils import timezone

from integrations.actions.save_integration import client_digest
from integrations.models import Integration
from tenants.scoping import all_tenants

LONGEST: Final = 200


def integration_of_client(client_id: str, connector: str) -> Integration | None:
    """The one of an active company, enabled or not; None for an id that is nobody's, or another system's.

    Looked up by a digest, so that neither the index nor the time of the answer tells anything of the id itself. The former
    id is good until its overlap ends.
    """
    if not 0 < len(client_id) <= LONGEST:
        return None
    digest, now = client_digest(client_id), timezone.now()
    with all_tenants():  # the id alone says of which company it is
        row = (
            Integration.objects.select_related("tenant")
            .filter(Q(client_digest=digest) | Q(former_client_digest=digest, former_client_until__gt=now))
            .filter(connector=connector, tenant__is_active=True)
            .first()
        )
    if row is None:
        return None
    known = (row.client_digest or "", row.former_client_digest or "")
    # Both are compared, whichever it is.
    return row if sum(hmac.compare_digest(digest, one) for one in known) else None

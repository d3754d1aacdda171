"""Make the bodies of deliveries anew whose endpoint's template had failed."""

import uuid
from collections.abc import Collection

from django.utils import timezone

from tenants.bulk import insert
from webhooks.bodies import PAYLOAD, own_titles, payload_row
from webhooks.formats import Company, RenderFailed, form_of
from webhooks.models import Delivery

TEMPLATE_FAILED = "template_failed"
DETAIL_LENGTH = 300


def render_again(ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them that still have no body; they keep the reason. Runs in the caller's transaction."""
    lacking = Delivery.objects.filter(id__in=ids, reason=TEMPLATE_FAILED)
    rows = list(lacking.select_related("event", "endpoint__tenant"))
    if not rows:
        return set()
    now = timezone.now()
    made, failed = [], set()
    titles = own_titles(row.event for row in rows)
    for row in rows:
        endpoint, tenant = row.endpoint, row.endpoint.tenant
        form = form_of(endpoint.format, endpoint.template, endpoint.options)
        company = Company(tenant.name, tenant.language, tenant.zone)
        try:
            made.append(payload_row(row.event, form.variant, form, company, now, titles))
            row.variant = form.variant
        except RenderFailed as error:
            failed.add(row.id)
            row.detail = str(error)[:DETAIL_LENGTH]
    insert("webhooks_payload", PAYLOAD, made, ignore_conflicts=True)
    Delivery.objects.bulk_update(rows, ["variant", "detail"])
    return failed

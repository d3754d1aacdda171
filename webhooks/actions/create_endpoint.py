"""Create an endpoint with its first signing secret."""

from django.db import transaction

from tenants import audit
from webhooks.models import Endpoint, EndpointSecret
from webhooks.schemes import check_new_secret, made_secret


@transaction.atomic
def create_endpoint(endpoint: Endpoint, secret: str | None = None) -> str:
    """Check and save a new endpoint; the plain secret, which is shown this once. BadSecret when the given one is none."""
    endpoint.full_clean()
    plain = secret or made_secret(endpoint.signing)
    check_new_secret(endpoint.signing, plain)
    endpoint.save(force_insert=True)
    EndpointSecret.objects.create(tenant_id=endpoint.tenant_id, endpoint=endpoint, secret=plain)
    audit.record("endpoint.created", endpoint, after=audit.snapshot(endpoint))
    return plain

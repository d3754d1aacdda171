"""What a reply changes beyond its own delivery."""

from collections.abc import Sequence

from webhooks.actions.disable_endpoint import disable_endpoint
from webhooks.lanes.jobs import Job
from webhooks.models import Endpoint, Trigger


def disable_gone(jobs: Sequence[Job]) -> None:
    """A receiver that answered 410 wants nothing more; a test alone does not count as its word."""
    ids = {job.endpoint_id for job in jobs if job.trigger != Trigger.TEST}
    for endpoint in Endpoint.objects.filter(id__in=ids):
        disable_endpoint(endpoint, reason="gone")

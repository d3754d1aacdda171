"""Has an outside system send requests to the integration's source, where that can be arranged through its API."""

from django.db import transaction
from django.utils import timezone

from integrations import live as configurations
from integrations.actions.hook_source import hook_url
from integrations.hooks import WebhookRegistration
from integrations.models import Integration
from integrations.sessions import open_session
from tenants import audit

SECONDS = 20.0


def subscribe_hooks(row: Integration) -> None:
    """A person waits for it; raises HubError. From then on it is looked after (`check_integration`)."""
    with open_session(row.pk, seconds=SECONDS, is_probe=True) as session:
        registration = session.require(WebhookRegistration)
        registration.subscribe(hook_url(row), row.source.secret if row.source else "")
    _note(row, is_wanted=True)


def unsubscribe_hooks(row: Integration) -> None:
    """Raises HubError, and then it still is looked after: whatever is sent goes on being received."""
    with open_session(row.pk, seconds=SECONDS, is_probe=True) as session:
        session.require(WebhookRegistration).unsubscribe(hook_url(row))
    _note(row, is_wanted=False)


@transaction.atomic
def _note(row: Integration, *, is_wanted: bool) -> None:
    now = timezone.now()
    Integration.objects.filter(pk=row.pk).update(
        hooks_wanted=is_wanted,
        hooks_since=now if is_wanted else None,
        hooks_checked_at=now if is_wanted else None,
        hooks_problem="",
    )
    audit.record("integration.subscribed" if is_wanted else "integration.unsubscribed", row)
    configurations.forget(row.tenant_id)
    row.refresh_from_db()

"""Gives an integration a new client id; the outside system learns it with the next push of its module."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from integrations import live as configurations
from integrations.actions.push_directory import queue_push
from integrations.actions.save_integration import give_client_id
from integrations.models import Integration
from tenants import audit

OVERLAP: Final = timedelta(days=1)


@transaction.atomic
def renew_client_id(row: Integration) -> Integration:
    """The former one works for another day, so that no click is lost before the outside system has the new one."""
    row = Integration.objects.select_for_update(no_key=True).get(pk=row.pk)
    row.former_client_digest, row.former_client_until = row.client_digest, timezone.now() + OVERLAP
    give_client_id(row)
    row.version += 1
    row.save(
        update_fields=[
            "own_secrets",
            "client_digest",
            "former_client_digest",
            "former_client_until",
            "version",
            "updated_at",
        ]
    )
    Integration.objects.filter(pk=row.pk).update(directory_wanted=F("directory_wanted") + 1)
    row.refresh_from_db(fields=["directory_wanted"])
    queue_push(row)
    audit.record("integration.client_id_renewed", row)
    configurations.forget(row.tenant_id)
    return row

"""Integrations as owners of sources: what webhooks stores for them is handled in a lane of this room."""

from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from integrations.models import Integration
from webhooks.owners import Owner, Whose, register

OWNER: Final = "integration"
LANE: Final = "integrations.receive"


def find(source_id: UUID) -> Whose | None:
    """The integration of that source, if it is in the present scope."""
    row = Integration.objects.filter(source_id=source_id).only("name").first()
    if row is None:
        return None
    return Whose(row.name, reverse("admin:integrations_integration_change", args=[row.pk]))


def register_owner() -> None:
    """When the app is loaded."""
    register(Owner(OWNER, _("an integration"), LANE, find))

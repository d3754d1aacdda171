"""Copies an integration to another company: its system and settings, and nothing that is secret or the company's own."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from integrations import live as configurations
from integrations.actions.hook_source import give_source
from integrations.actions.save_integration import give_client_id, name_mistakes
from integrations.capabilities import ModuleRegistration
from integrations.connectors import connector_of
from integrations.models import Integration
from tenants import audit
from tenants.access import ADMINISTRATORS
from tenants.models import Member, Tenant, User
from tenants.scoping import all_tenants, tenant_scope


def targets(user: User, row: Integration) -> list[Tenant]:
    """Where this person may copy it to: operators anywhere, others where they are owner or admin as well."""
    found = Tenant.objects.filter(is_active=True).exclude(pk=row.tenant_id).order_by("name", "pk")
    if not user.is_superuser:
        with all_tenants():
            own = Member.objects.filter(user=user, is_active=True, role__in=ADMINISTRATORS)
            own_ids = list(own.values_list("tenant_id", flat=True))
        found = found.filter(pk__in=own_ids) if row.tenant_id in own_ids else found.none()
    return list(found)


def copy_integration(row: Integration, target: Tenant, name: str = "") -> Integration:
    """Paused, without credentials: somebody enters them there and resumes it. ValidationError names the field.

    The caller has made sure that the person may do that in both companies (`targets`).
    """
    described = connector_of(row.connector)
    with tenant_scope(target), transaction.atomic():
        copy = Integration(
            tenant=target,
            connector=row.connector,
            name=name.strip() or row.name,
            is_enabled=False,
            paused_at=timezone.now(),
            paused_reason=_("Copied without credentials: enter them, then resume."),
            settings=dict(row.settings),
        )
        copy.credentials_expire_at = None
        if errors := name_mistakes(copy, copy.name):
            raise ValidationError(errors)
        if described.can(ModuleRegistration):
            give_client_id(copy)
        give_source(copy)
        copy.save()
        audit.record("integration.copied", copy, after=audit.snapshot(copy))
        configurations.forget(target.pk)
    return copy

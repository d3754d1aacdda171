"""Keep what somebody asked for as a template of the company."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from exports.models import ExportTemplate
from tenants import audit
from tenants.models import Tenant


def save_template(tenant: Tenant, name: str, asked: Mapping[str, Any]) -> ExportTemplate:
    """A new one; ValidationError keyed by the field, also where the name is taken."""
    if "\x00" in name:
        raise ValidationError({"name": [_("The text has characters that no database can hold.")]})
    template = ExportTemplate(tenant=tenant, name=name, **asked)
    template.full_clean()
    with transaction.atomic():
        template.save()
        audit.record("exporttemplate.created", template, after=audit.snapshot(template))
    return template

"""A company's own exceptions from the egress policy: hosts of its intranet, which only an operator may allow."""

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext as _

from config.egress.allow import parse_allow_list
from tenants.scoping import current_tenant_id


def validate_exceptions(text: str) -> None:
    """ValidationError names the entry that is no CIDR with an optional port."""
    try:
        parse_allow_list(text)
    except ImproperlyConfigured as error:
        raise ValidationError(
            _("Networks such as 10.0.5.0/24 or 192.168.1.7/32:8080, separated by commas: %(problem)s")
            % {"problem": str(error).removeprefix("EGRESS_ALLOW: ")}
        ) from error


def exceptions_of(tenant_id: int | None) -> str:
    """The company's exceptions, read when something is saved; senders carry them along."""
    from tenants.models import Tenant  # which uses the validator above

    if tenant_id is None:
        return ""
    return Tenant.objects.filter(pk=tenant_id).values_list("egress_allow", flat=True).first() or ""


def exceptions_in_scope() -> str:
    return exceptions_of(current_tenant_id())

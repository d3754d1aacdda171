"""What every tenant-owned row has."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import UUID7Field
from tenants.scoping import TenantManager, check_tenant


class TenantModel(models.Model):
    """A row that belongs to one tenant and is invisible outside that tenant's scope."""

    id = UUID7Field()
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.CASCADE, related_name="+", verbose_name=_("company")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        check_tenant(self)
        super().save(*args, **options)

"""What every machine's credential has: scopes, an end, addresses, a rate, and when it was last used."""

from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models.base import TenantModel


def validate_scopes(scopes: object) -> None:
    """Refuses a scope that no part of the API asks for, by its name."""
    from tenants.scopes import check_scopes  # the registry is filled by the API, which needs loaded models

    check_scopes(scopes)


def validate_networks(networks: object) -> None:
    from tenants.addresses import check_networks

    check_networks(networks)


class MachineCredential(TenantModel):
    """A machine that may call the API in one tenant."""

    name = models.CharField(_("name"), max_length=100)
    scopes = models.JSONField(_("scopes"), default=list, validators=[validate_scopes])
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    allowed_networks = models.JSONField(
        _("allowed addresses"), default=list, blank=True, validators=[validate_networks]
    )
    requests_per_minute = models.PositiveIntegerField(
        _("requests per minute"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_from = models.GenericIPAddressField(_("last used from"), null=True, editable=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        abstract = True

    # When what was presented ends, where that is earlier than the credential itself: an old key, a token.
    presented_until: datetime | None = None

    def allows(self, scope: str) -> bool:
        resource, _colon, _action = scope.partition(":")
        return any(granted in ("*", scope, f"{resource}:*") for granted in self.scopes)

    def allows_all(self, scopes: list[str]) -> bool:
        """Whether whoever has this credential could hand these scopes on without gaining anything."""
        return all(self.allows(scope) for scope in scopes)

    @property
    def ends_at(self) -> datetime | None:
        """When it expires, or what was presented of it does."""
        return min((end for end in (self.expires_at, self.presented_until) if end is not None), default=None)

    def is_over(self, now: datetime) -> bool:
        end = self.ends_at
        return end is not None and end <= now

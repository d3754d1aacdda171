"""What every stored record has."""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from integrations.capabilities.base import Text
from integrations.records import RecordKind
from tenants.models import TenantModel

KEY_LENGTH = 100


class StoredRecord(TenantModel):
    """Our copy of an outside object. Which systems know it, and as what, its links say (`Link`).

    `search_key` is the beginning of its title in lower case: what lists are searched by. `content_hash` covers all that
    a system can tell of it; `updated_at` is when it last changed here.
    """

    kind: ClassVar[RecordKind]
    title_field: ClassVar[str]

    search_key = models.CharField(max_length=KEY_LENGTH, blank=True, db_index=True, editable=False)
    url = models.TextField(_("its page there"), blank=True)
    custom = models.JSONField(_("further fields"), default=dict, blank=True)
    outside_created_at = models.DateTimeField(_("created there"), null=True, blank=True)
    outside_updated_at = models.DateTimeField(_("changed there"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed"), default=timezone.now)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    content_hash = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="%(class)s_newest"),
            models.Index(fields=["tenant", "updated_at"], name="%(class)s_changed"),
        ]

    def __str__(self) -> str:
        return str(getattr(self, self.title_field)) or str(self.pk)

    def note_search_key(self) -> None:
        """After its title was set."""
        self.search_key = str(getattr(self, self.title_field)).strip().lower()[:KEY_LENGTH]


def amount(title: Text) -> "models.DecimalField[Decimal | None, Decimal | None]":
    """A column for an amount of money; its currency stands beside it."""
    return models.DecimalField(title, max_digits=20, decimal_places=4, null=True, blank=True)  # type: ignore[arg-type]

"""What a company wants to happen with duplicates by itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantModel


class MergeRule(models.TextChoices):
    """When records are merged without anybody being asked."""

    NEVER = "never", _("never")
    PHONE_AND_EMAIL = "phone_email", _("when phone and e-mail are equal")
    PHONE_AND_NAME = "phone_name", _("when phone and name are equal")
    EMAIL_AND_NAME = "email_name", _("when e-mail and name are equal")


class DuplicateRules(TenantModel):
    """One row for a company; without it everything is as its defaults."""

    contacts = models.CharField(
        _("merge contacts by itself"), max_length=11, choices=MergeRule.choices, default=MergeRule.NEVER
    )
    companies = models.CharField(
        _("merge client companies by itself"),
        max_length=11,
        choices=MergeRule.choices,
        default=MergeRule.NEVER,
    )
    is_nightly = models.BooleanField(
        _("look for duplicates every night"),
        default=True,
        help_text=_("What is merged by itself is merged after a search."),
    )

    class Meta:
        verbose_name = _("rules for duplicates")
        verbose_name_plural = _("rules for duplicates")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="duplicate_rules_once")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

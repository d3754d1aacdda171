"""The company, its internal numbers, and the people who sign in."""

import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from tenants.changes.announcing import announce
from tenants.intranet import validate_exceptions
from tenants.models.base import TenantModel
from tenants.names import NameKeyField, check_name, name_key, normal_name
from tenants.scoping import all_tenants
from tenants.zones import Zone

digits = RegexValidator(r"^[0-9]{1,10}\Z", _("Only digits, at most ten."))
extension_number = RegexValidator(r"^[0-9*#]{1,10}\Z", _("Only digits, * and #, at most ten characters."))
country = RegexValidator(r"^[A-Z]{2}\Z", _("Two capital letters, such as RU or BY."))


def validate_timezone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone; an example is Europe/Moscow."), params={"name": name}
        )


class People(UserManager["User"]):
    """Finds a person by the name they type, whatever its case."""

    use_in_migrations = False

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=name_key(username or ""))


class User(AbstractUser):
    """A person. What they may see comes from their memberships; superusers are the operator's staff."""

    username_key = NameKeyField(unique=True)
    language = models.CharField(
        _("language"), max_length=5, choices=[("ru", _("Russian")), ("en", _("English"))], blank=True
    )

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    objects: ClassVar[People] = People()

    def clean(self) -> None:
        super().clean()
        check_name(self.username, self.pk, User.objects)

    def save(self, *args: Any, **options: Any) -> None:
        self.username = normal_name(self.username)
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Memberships go with the person, in whatever company."""
        with all_tenants():
            return super().delete(*args, **options)


class Tenant(models.Model):
    """One company ("enterprise" to the people of the telephone exchange)."""

    number = models.CharField(_("number"), max_length=10, unique=True, validators=[digits])
    name = models.CharField(_("name"), max_length=200)
    timezone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Moscow", validators=[validate_timezone]
    )
    phone_region = models.CharField(
        _("phone region"),
        max_length=2,
        default="RU",
        validators=[country],
        help_text=_("The country whose rules complete a short or local phone number."),
    )
    language = models.CharField(
        _("language"), max_length=5, choices=[("ru", _("Russian")), ("en", _("English"))], default="ru"
    )
    egress_allow = models.CharField(
        _("own network"),
        max_length=1000,
        blank=True,
        validators=[validate_exceptions],
        help_text=_(
            "Private addresses that this company's integrations and webhooks may reach; set by operators only."
        ),
    )
    hears_system_alerts = models.BooleanField(
        _("hears of the installation"),
        default=False,
        help_text=_(
            "What is wrong with the installation itself is told to this company as the event system.alert; set by operators only."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Each batch of events reads this row anyway: companies without such numbers are not asked for them.
    has_mobiles = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"

    def save(self, *args: Any, **options: Any) -> None:
        """Its zone and its own network are remembered by all processes."""
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **options)
            if not is_new:
                announce("tenant", self.pk)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """All its rows go with it, whichever company the operator looks at."""
        with all_tenants():
            return super().delete(*args, **options)

    @property
    def zone(self) -> Zone:
        return Zone(self.timezone)


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    ADMIN = "admin", _("administrator")
    MANAGER = "manager", _("manager")
    AGENT = "agent", _("agent")
    VIEWER = "viewer", _("viewer")


class Extension(TenantModel):
    """An internal number of the telephone exchange."""

    number = models.CharField(_("number"), max_length=10, validators=[extension_number])
    name = models.CharField(_("name"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="extension_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()


class Mobile(TenantModel):
    """A telephone outside, in E.164, on which a colleague is reached: calls with it are that colleague's."""

    extension = models.ForeignKey(
        Extension, on_delete=models.CASCADE, related_name="mobiles", verbose_name=_("extension")
    )
    number = models.CharField(_("number"), max_length=16)

    class Meta:
        verbose_name = _("mobile number of a colleague")
        verbose_name_plural = _("mobile numbers of colleagues")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="mobile_number"),
            models.CheckConstraint(condition=models.Q(number__startswith="+"), name="mobile_e164"),
        ]

    def __str__(self) -> str:
        return self.number


class Member(TenantModel):
    """A person with a role in a tenant."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    extension = models.ForeignKey(
        Extension,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("extension"),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="member_user")]

    def __str__(self) -> str:
        return f"{self.user.get_username()} ({self.get_role_display()})"

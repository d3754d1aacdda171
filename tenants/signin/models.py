"""Sessions whose keys a dump does not reveal, counted failures, a company's rules for sign-in, mails about it."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.addresses import check_networks
from tenants.fields import EncryptedTextField, UUID7Field
from tenants.models import Tenant, User
from tenants.scoping import TenantManager

IDLE_LIMITS = (MinValueValidator(5), MaxValueValidator(7 * 24 * 60))


class Session(AbstractBaseSession):
    """One browser in which somebody is, or may soon be, signed in. The key is a digest, the data is sealed."""

    session_key = models.CharField(max_length=64, primary_key=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, verbose_name=_("user"))
    # The company they work in: its owner sees the session, others to whom the person belongs do not.
    tenant = models.ForeignKey(
        Tenant, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("company")
    )
    address = models.GenericIPAddressField(_("from"), null=True)
    user_agent = models.CharField(_("program"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [models.Index(fields=["tenant", "-seen_at"], name="session_tenant_seen")]

    def __str__(self) -> str:
        return f"{self.user}, {self.address}"

    @classmethod
    def get_session_store_class(cls) -> type:
        from tenants.signin.sessions import SessionStore

        return SessionStore


class Failures(models.Model):
    """Wrong passwords or codes since `since`, by one of the ways in which they are counted (throttle.py)."""

    key = models.CharField(max_length=64, primary_key=True, editable=False)
    way = models.CharField(_("counted by"), max_length=10)
    # None for a name that is nobody's: what was typed there may be a password, so it is not kept.
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, verbose_name=_("user"))
    address = models.CharField(_("from"), max_length=43, blank=True)
    count = models.PositiveIntegerField(_("failures"), default=0)
    since = models.DateTimeField(_("since"), default=timezone.now)
    last_at = models.DateTimeField(_("last"), default=timezone.now, db_index=True)
    locked_until = models.DateTimeField(_("locked until"), null=True)

    class Meta:
        verbose_name = _("lock-out")
        verbose_name_plural = _("lock-outs")

    def __str__(self) -> str:
        return f"{self.user or '—'}, {self.address or '—'}"


class SignInRules(models.Model):
    """What a company asks of its people beyond what the installation asks of everybody."""

    tenant = models.OneToOneField(
        Tenant, on_delete=models.CASCADE, primary_key=True, related_name="sign_in_rules", editable=False
    )
    requires_two_factor = models.BooleanField(
        _("two-factor required"),
        default=False,
        help_text=_("Members set up a passkey or an authenticator app before they can do anything else."),
    )
    idle_minutes = models.PositiveIntegerField(
        _("idle time-out, minutes"),
        null=True,
        blank=True,
        validators=IDLE_LIMITS,
        help_text=_("Sessions end after so long without a request. Empty: as the installation has it."),
    )
    networks = models.JSONField(
        _("allowed addresses"),
        default=list,
        blank=True,
        validators=[check_networks],
        help_text=_("Members get in only from these addresses or networks. Empty: from everywhere."),
    )

    objects = TenantManager["SignInRules"]()

    class Meta:
        verbose_name = _("sign-in rules")
        verbose_name_plural = _("sign-in rules")

    def __str__(self) -> str:
        return str(self.tenant)


class ForgottenPassword(models.Model):
    """What somebody typed who forgot a password, until a worker has looked whether that is anybody.

    The page itself looks nobody up: its answer is the same, and takes as long, for those who are and who are not known.
    """

    id = UUID7Field()
    typed = EncryptedTextField()  # may be a password, typed into the wrong field
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.id)


class LetterKind(models.TextChoices):
    PASSWORD_LINK = "password_link"  # noqa: S105 a kind of mail
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 a kind of mail
    SECOND_FACTOR_REMOVED = "factor_removed"


class Letter(models.Model):
    """A mail to a person about how they sign in, and for a link to a new password what makes the link good.

    The link is made of the id by SECRET_KEY, so that nothing here opens it and a repeated mail holds the same one; a
    digest finds it. `mark` is how the account was when the link was made: after any change of it the link is dead.
    """

    id = UUID7Field()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=LetterKind.choices)
    about = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    # Null, not empty: most letters hold no link, and it is unique.
    digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 unique
    mark = models.CharField(max_length=64, blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "kind", "created_at"], name="letter_user_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

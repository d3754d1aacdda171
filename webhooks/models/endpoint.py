"""A subscriber's URL for events, and the secrets that sign for it."""

import uuid
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.egress import UrlProblem, check_url
from tenants.fields import EncryptedJSONField, EncryptedTextField
from tenants.intranet import exceptions_of
from tenants.models import TenantModel
from webhooks.headers import clean_headers
from webhooks.limits import LONGEST_TIMEOUT
from webhooks.matching import clean_patterns
from webhooks.reasons import explained

URL_LENGTH: Final = 2000
SHOWN_OF_PATH: Final = 4


class EndpointState(models.TextChoices):
    ENABLED = "enabled", _("enabled")
    DISABLED = "disabled", _("disabled")


class Format(models.TextChoices):
    """How the request looks. More forms join here; each has its row in `webhooks.wire`."""

    STANDARD = "standard", _("Standard Webhooks")


class Endpoint(TenantModel):
    """Where a tenant's events go. Configuration only: nothing that sending changes lives in this row."""

    name = models.CharField(_("name"), max_length=100)
    # Many receivers know their senders by nothing but a secret in the path or in a parameter.
    url = EncryptedTextField(
        _("URL"),
        max_length=URL_LENGTH,
        validators=[MaxLengthValidator(URL_LENGTH)],
        help_text=_("Events are posted here as JSON."),
    )
    host = models.CharField(_("host"), max_length=300, blank=True, editable=False)
    events = models.JSONField(
        _("events"),
        default=list,
        blank=True,
        help_text=_("Event types such as call.ended; call.* for a group, * for all."),
    )
    description = models.CharField(_("description"), max_length=500, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format.choices, default=Format.STANDARD)
    headers = EncryptedJSONField(
        _("extra headers"),
        default=dict,
        blank=True,
        help_text=_("Sent with every request and shown to everybody here: no passwords."),
    )
    timeout = models.PositiveSmallIntegerField(
        _("time limit, s"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(int(LONGEST_TIMEOUT))],
        help_text=_("For the whole request; empty for the installation's default."),
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=EndpointState.choices,
        default=EndpointState.ENABLED,
        editable=False,
    )
    disabled_reason = models.CharField(_("reason"), max_length=40, blank=True, editable=False)
    disabled_at = models.DateTimeField(_("disabled since"), null=True, editable=False)
    # Random at every save: senders recognise an outdated copy by it, whatever two people saved at once.
    revision = models.UUIDField(default=uuid.uuid4, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="endpoint_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_enabled(self) -> bool:
        return self.state == EndpointState.ENABLED

    @property
    def shown_url(self) -> str:
        """For everybody who may not change it: enough to recognise it by, too little to send to it."""
        return shortened(self.url)

    @property
    def disabled_reason_text(self) -> str:
        """Why it is disabled, in words."""
        return explained(self.disabled_reason).what if self.disabled_reason else ""

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        try:
            self.url = check_url(self.url, exceptions_of(self.tenant_id))
        except UrlProblem as problem:
            errors["url"] = ValidationError(str(problem), code=problem.code)
        for name, check in (("events", clean_patterns), ("headers", clean_headers)):
            try:
                setattr(self, name, check(getattr(self, name)))
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.revision = uuid.uuid4()
        self.host = urlsplit(self.url).netloc
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "host", "revision", "updated_at"}
        super().save(*args, **kwargs)


def shortened(url: str) -> str:
    """Scheme, host and the beginning of the path."""
    parts = urlsplit(url)
    rest = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
    shown = f"{parts.path[: SHOWN_OF_PATH + 1]}…" if len(rest) > 1 else rest
    return f"{parts.scheme}://{parts.netloc}{shown}"


class EndpointSecret(TenantModel):
    """One signing secret. Several may be live at once: each signs until it expires, so receivers can change over."""

    endpoint = models.ForeignKey(
        Endpoint, on_delete=models.CASCADE, related_name="secrets", verbose_name=_("endpoint")
    )
    secret = EncryptedTextField(_("secret"))
    expires_at = models.DateTimeField(_("expires"), null=True)

    class Meta:
        verbose_name = _("signing secret")
        verbose_name_plural = _("signing secrets")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.created_at:%Y-%m-%d}"

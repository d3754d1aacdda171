"""A subscriber's URL for events, and the secrets that sign for it."""

import uuid
from collections.abc import Callable
from functools import partial
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
from webhooks.filters import clean_filter
from webhooks.flow.settings import clean_flow
from webhooks.formats.registry import FORMATS, Format, clean_address, clean_options, clean_template
from webhooks.headers import clean_headers
from webhooks.limits import LONGEST_TIMEOUT, MOST_AT_A_TIME, MOST_IN_A_BATCH, MOST_PER_PERIOD
from webhooks.matching import clean_patterns
from webhooks.models.event_type import OwnEventType
from webhooks.proof.certificates import clean_tls, ends_at
from webhooks.proof.logins import HEADER, clean_auth
from webhooks.proof.proxies import clean_proxy
from webhooks.reasons import explained
from webhooks.retries import clean_retries
from webhooks.schemes import check_secret, clean_signing
from webhooks.signing import BadSecret

URL_LENGTH: Final = 2000
SHOWN_OF_PATH: Final = 4


class EndpointState(models.TextChoices):
    ENABLED = "enabled", _("enabled")
    DISABLED = "disabled", _("disabled")


class RatePeriod(models.TextChoices):
    SECOND = "second", _("second")
    MINUTE = "minute", _("minute")


class Ordering(models.TextChoices):
    NONE = "none", _("none: as fast as possible")
    KEY = "key", _("by a key: one after the other for each value")
    STRICT = "strict", _("strict: one after the other")


class OnFailure(models.TextChoices):
    """What an ordered stream does about an event that is not taken in the end."""

    SKIP = "skip", _("skip it, its number stays missing")
    BLOCK = "block", _("wait, and try it again until it is taken or cancelled")


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
    filter = models.JSONField(
        _("filter"),
        default=dict,
        blank=True,
        help_text=_("Conditions on the body of an event; empty for all events of these types."),
    )
    description = models.CharField(_("description"), max_length=500, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format.choices, default=Format.STANDARD)
    # What the format asks for, such as the chat of a messenger (webhooks/formats/registry.py).
    options = models.JSONField(_("options"), default=dict, blank=True)
    template = models.TextField(
        _("template"),
        blank=True,
        help_text=_("What the message or the body says, with {{ data.… }} where values stand."),
    )
    # Empty for Standard Webhooks (webhooks/schemes.py).
    signing = models.JSONField(_("signing"), default=dict, blank=True)
    headers = EncryptedJSONField(
        _("extra headers"),
        default=dict,
        blank=True,
        help_text=_("Sent with every request and shown to everybody here: no passwords."),
    )
    # How we log in at the receiver (webhooks/proof): written only, in API and admin.
    auth = EncryptedJSONField(_("log-in"), default=dict, blank=True)
    # Our certificate with its private key, and the receiver's own authority, in PEM.
    tls = EncryptedJSONField(_("certificates"), default=dict, blank=True)
    certificate_expires_at = models.DateTimeField(
        _("client certificate valid until"), null=True, editable=False
    )
    proxy = EncryptedTextField(
        _("proxy"),
        default="",
        blank=True,
        max_length=500,
        help_text=_(
            "http://host:port or socks5h://host:port; empty for the installation's, if there is one."
        ),
    )
    timeout = models.PositiveSmallIntegerField(
        _("time limit, s"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(int(LONGEST_TIMEOUT))],
        help_text=_("For the whole request; empty for the installation's default."),
    )
    retries = models.CharField(
        _("retries"),
        max_length=200,
        blank=True,
        help_text=_(
            "fast (within an hour), standard (three days), long (eight days), none, or delays such as 30s 5m 2h; empty for the installation's own."
        ),
    )
    rate_limit = models.PositiveIntegerField(
        _("requests at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_PER_PERIOD)],
        help_text=_("In each second or minute, over all workers; empty for no limit."),
    )
    rate_period = models.CharField(
        _("in each"), max_length=10, choices=RatePeriod.choices, default=RatePeriod.SECOND
    )
    concurrency = models.PositiveSmallIntegerField(
        _("requests at a time"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_A_TIME)],
        help_text=_("At most, over all workers; empty for no limit."),
    )
    ordering_mode = models.CharField(
        _("order of sending"), max_length=10, choices=Ordering.choices, default=Ordering.NONE
    )
    ordering_key = models.CharField(
        _("key of the order"),
        max_length=200,
        blank=True,
        help_text=_("Where in the body it stands, such as data.order_id."),
    )
    on_failure = models.CharField(
        _("what is not taken"),
        max_length=10,
        choices=OnFailure.choices,
        default=OnFailure.SKIP,
        help_text=_("When the schedule of retries of an ordered event is over."),
    )
    batch_size = models.PositiveSmallIntegerField(
        _("events in a request"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_IN_A_BATCH)],
        help_text=_("1 for one event; more for a JSON array of up to so many, or of 256 KB."),
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
    enabled_at = models.DateTimeField(_("enabled again"), null=True, editable=False)
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
        checks: list[tuple[str, Callable[[Any], Any]]] = [
            ("events", self._clean_events),
            ("filter", clean_filter),
            ("headers", clean_headers),
            ("signing", self._clean_signing),
            ("retries", clean_retries),
            ("auth", self._clean_auth),
            ("tls", clean_tls),
            ("proxy", partial(clean_proxy, egress_allow=exceptions_of(self.tenant_id))),
        ]
        if self.format in FORMATS:
            checks += [
                ("options", partial(clean_options, self.format)),
                ("template", partial(clean_template, self.format)),
            ]
            if "url" not in errors:
                checks.append(("url", partial(clean_address, self.format)))
        for name, check in checks:
            try:
                setattr(self, name, check(getattr(self, name)))
            except ValidationError as error:
                errors[name] = error
        errors |= clean_flow(self)
        if errors:
            raise ValidationError(errors)

    def _clean_events(self, events: object) -> list[str]:
        return clean_patterns(events, OwnEventType.objects.values_list("name", flat=True))

    def _clean_auth(self, auth: object) -> dict[str, str]:
        """Also against what else fills the same header."""
        found = clean_auth(auth, exceptions_of(self.tenant_id))
        others = {name.lower() for name in self.headers} if isinstance(self.headers, dict) else set()
        if self.signing.get("scheme") == "token":
            others.add(self.signing.get("header", HEADER).lower())
        if found and HEADER.lower() in others:
            raise ValidationError(
                _("The header Authorization is taken: by an extra header, or by the way of signing.")
            )
        return found

    def _clean_signing(self, signing: object) -> dict[str, str]:
        """Also against the secrets that are there: a scheme that cannot use them would sign nothing."""
        found = clean_signing(signing)
        if not self._state.adding:
            for row in self.secrets.all():
                try:
                    check_secret(found, row.secret)
                except BadSecret as error:
                    raise ValidationError(
                        _("This scheme cannot use the endpoint's secret; make a new one first. %(why)s"),
                        params={"why": error},
                    ) from error
        return found

    _url_before: str | None = None

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "Endpoint":
        found = super().from_db(*args, **kwargs)
        found._url_before = found.__dict__.get("url")
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.revision = uuid.uuid4()
        self.host = urlsplit(self.url).netloc
        self.certificate_expires_at = ends_at(self.tls)
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {
                *kwargs["update_fields"],
                *("host", "revision", "updated_at", "certificate_expires_at"),
            }
        super().save(*args, **kwargs)
        self._leave_trouble_behind()

    def _leave_trouble_behind(self) -> None:
        """Another URL is another receiver: the breaker knows nothing of it yet."""
        if self._url_before not in (None, self.url):
            flow: Any = self._meta.get_field("flow").related_model
            flow.leave_trouble_behind(self.pk)
        self._url_before = self.url


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

"""Where an exchange keeps its call records, and what reading them found."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from telephony.models.ami import AmiSecurity
from telephony.models.pbx import Pbx
from tenants.fields import EncryptedTextField
from tenants.models import TenantModel
from tenants.models.tenant import validate_timezone

table_name = RegexValidator(
    r"^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?\Z",
    _("A name such as cdr, or schema.cdr: letters, digits and _."),
)
_HOST_KEY = re.compile(r"^(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+={0,3}( .*)?\Z")


def validate_host_key(key: str) -> None:
    """A line as `ssh-keyscan` writes it, without the host."""
    if not _HOST_KEY.match(key.strip()):
        raise ValidationError(_("A line such as: ssh-ed25519 AAAAC3Nza…"))


class RecordsKind(models.TextChoices):
    POSTGRESQL = "postgresql", "PostgreSQL"
    MYSQL = "mysql", "MySQL, MariaDB"
    SFTP = "sftp", _("CSV file, over SFTP")
    FILE = "file", _("CSV file on this server")


DATABASES = (RecordsKind.POSTGRESQL, RecordsKind.MYSQL)
PORTS = {RecordsKind.POSTGRESQL: 5432, RecordsKind.MYSQL: 3306, RecordsKind.SFTP: 22}

# Why reading failed, in words that say what to do.
REASONS: dict[str, str | Promise] = {
    "denied": _("This address may not be reached. An operator allows it in the company's “own network”."),
    "unreachable": _("It does not answer. Check the host, the port and the firewall between."),
    "refused": _("It refuses the user name or the password."),
    "tls": _("The encrypted connection failed: check the certificate and the kind of encryption."),
    "no_table": _("There is no such table, or the account may not read it."),
    "no_columns": _("The table has no column uniqueid: these are no call records of Asterisk."),
    "broken": _("It ended the connection or answered with an error."),
    "host_key": _("The server's key is another one than was entered. If it was changed on purpose, enter the new one."),
    "no_file": _("There is no such file, or the account may not read it."),
    "outside": _("Only files below the folder CALL_RECORDS_DIR, in the company's own folder, may be read."),
    "layout": _("The lines do not look like call records with a uniqueid. Name the columns in their order."),
}  # fmt: skip


class RecordsState(models.TextChoices):
    NEW = "new", _("not read yet")
    OK = "ok", _("read")
    FAILED = "failed", _("cannot be read")


class CdrSource(TenantModel):
    """The call records of one exchange: a database that it writes to, or a file. Read, never written.

    `cursor` is the readers' own: how far they came in each table or file. `read_from` is set when somebody wants them
    read again from some time on, and gone when that was done.
    """

    pbx = models.OneToOneField(
        Pbx, on_delete=models.CASCADE, related_name="call_records", verbose_name=_("telephone exchange")
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=RecordsKind.choices, default=RecordsKind.POSTGRESQL
    )
    host = models.CharField(_("host"), max_length=255, blank=True)
    port = models.PositiveIntegerField(
        _("port"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("Empty: the usual one."),
    )
    security = models.CharField(
        _("encryption"), max_length=8, choices=AmiSecurity.choices, default=AmiSecurity.NONE
    )
    ca = models.TextField(
        _("certificates that are trusted"),
        blank=True,
        help_text=_("PEM; empty: those that the operating system trusts."),
    )
    database = models.CharField(_("database"), max_length=63, blank=True)
    table = models.CharField(
        _("table of call records"), max_length=127, blank=True, default="cdr", validators=[table_name]
    )
    cel_table = models.CharField(
        _("table of channel records"),
        max_length=127,
        blank=True,
        validators=[table_name],
        help_text=_("CEL, where the exchange writes it: it knows of calls that a crash cut off."),
    )
    username = models.CharField(
        _("user name"), max_length=80, blank=True, help_text=_("An account that may only read.")
    )
    secret = EncryptedTextField(
        _("password"), blank=True, default="", help_text=_("For SFTP a private key (PEM) will do as well.")
    )
    host_key = models.CharField(
        _("the server's key"),
        max_length=1000,
        blank=True,
        validators=[validate_host_key],
        help_text=_("For SFTP, as ssh-keyscan shows it: ssh-ed25519 AAAAC3Nza…"),
    )
    path = models.CharField(
        _("path"), max_length=500, blank=True, help_text=_("Such as /var/log/asterisk/cdr-csv/Master.csv")
    )
    columns = models.CharField(
        _("columns"),
        max_length=500,
        blank=True,
        help_text=_("Of a file with an order of its own: start, uniqueid, linkedid, …"),
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_timezone],
        help_text=_("Of the times in the records (UTC with usegmtime=yes); empty: the exchange's."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    cursor = models.JSONField(default=dict, editable=False)
    read_from = models.DateTimeField(null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=8, choices=RecordsState.choices, default=RecordsState.NEW, editable=False
    )
    reason = models.CharField(max_length=20, blank=True, editable=False)
    detail = models.CharField(max_length=300, blank=True, editable=False)
    last_run_at = models.DateTimeField(_("last read"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last read with success"), null=True, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("call records")
        verbose_name_plural = _("call records")
        indexes = [models.Index(fields=["tenant", "pbx"], name="cdr_source_tenant")]

    def __str__(self) -> str:
        return f"{self.pbx}: {self.get_kind_display()}"

    @property
    def reason_text(self) -> str:
        return str(REASONS.get(self.reason, self.reason))

    @property
    def zone_name(self) -> str:
        return self.timezone or self.pbx.zone_name

    @property
    def port_number(self) -> int:
        return self.port or PORTS[RecordsKind(self.kind)]

    def clean(self) -> None:
        """What each kind cannot do without."""
        missing = [name for name in _NEEDED.get(self.kind, ()) if not getattr(self, name)]
        if missing:
            raise ValidationError(dict.fromkeys(missing, _("This is needed.")))


_NEEDED: dict[str, tuple[str, ...]] = {
    RecordsKind.POSTGRESQL: ("host", "database", "table", "username"),
    RecordsKind.MYSQL: ("host", "database", "table", "username"),
    RecordsKind.SFTP: ("host", "username", "secret", "host_key", "path"),
    RecordsKind.FILE: ("path",),
}


class CatchUpCause(models.TextChoices):
    SCHEDULE = "schedule", _("every five minutes")
    RECONNECT = "reconnect", _("after an outage")
    PERSON = "person", _("asked for")
    COMMAND = "command", _("command line")
    UPLOAD = "upload", _("uploaded file")


class CatchUpReport(TenantModel):
    """What one reading found. Of the regular ones, those that found something new, or failed after a success."""

    pbx = models.ForeignKey(
        Pbx,
        on_delete=models.CASCADE,
        related_name="catch_ups",
        verbose_name=_("telephone exchange"),
        db_index=False,
    )
    cause = models.CharField(_("why"), max_length=10, choices=CatchUpCause.choices)
    since = models.DateTimeField(_("from"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_new = models.PositiveIntegerField(_("new rows"), default=0)
    rows_refused = models.PositiveIntegerField(_("unusable rows"), default=0)
    missing = models.PositiveIntegerField(_("calls only in the records"), default=0)
    differing = models.PositiveIntegerField(_("calls that differed"), default=0)
    unchanged = models.PositiveIntegerField(_("calls as we knew them"), default=0)
    reason = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("catch-up")
        verbose_name_plural = _("catch-ups")
        indexes = [
            models.Index(fields=["tenant", "-id"], name="catch_up_recent"),
            models.Index(fields=["pbx", "-id"], name="catch_up_of_pbx"),
        ]

    def __str__(self) -> str:
        return f"{self.pbx} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def reason_text(self) -> str:
        return str(REASONS.get(self.reason, self.reason))

"""Exchanges, calls, rules and redirects, as 0001 to 0012 left them, for databases that have nothing yet."""

import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import config.ids
import telephony.dialing.hours
import telephony.dialing.template
import telephony.models.dialing
import telephony.models.pbx
import telephony.models.recording
import telephony.models.records
import telephony.models.redirect
import telephony.models.rule
import tenants.fields
import tenants.models.tenant
from config.initial_tables import CreateModels

TABLES = [
    migrations.CreateModel(
        name="Pbx",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            (
                "token",
                tenants.fields.EncryptedTextField(
                    default=telephony.models.pbx.new_token,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z0-9._~-]{12,100}\\Z",
                            "12 to 100 letters, digits and . _ ~ - without spaces.",
                        )
                    ],
                    verbose_name="token",
                ),
            ),
            ("token_digest", models.CharField(editable=False, max_length=64, unique=True)),
            ("previous_digest", models.CharField(editable=False, max_length=64, null=True, unique=True)),
            (
                "previous_until",
                models.DateTimeField(editable=False, null=True, verbose_name="former token works until"),
            ),
            (
                "timezone",
                models.CharField(
                    blank=True,
                    help_text="Of the exchange's clock; empty when it is the company's.",
                    max_length=64,
                    validators=[tenants.models.tenant.validate_timezone],
                    verbose_name="time zone",
                ),
            ),
            (
                "recording_url_template",
                tenants.fields.EncryptedTextField(
                    blank=True,
                    default="",
                    help_text="For example https://pbx.example/rec/{path}. Empty: no link is sent to the CRM.",
                    max_length=500,
                    validators=[telephony.models.pbx.validate_template],
                    verbose_name="address of recordings",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            ("updated_at", models.DateTimeField(auto_now=True, db_index=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "trunks",
                models.CharField(
                    blank=True,
                    default="",
                    help_text="Names of outside lines at the exchange, or what their names begin with, separated by commas: provider, gsm-. Empty: every device whose name is no extension.",
                    max_length=500,
                    verbose_name="trunks",
                ),
            ),
        ],
        options={
            "verbose_name": "telephone exchange",
            "verbose_name_plural": "telephone exchanges",
            "ordering": ["name"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="pbx_name")],
        },
    ),
    migrations.CreateModel(
        name="Call",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("external_id", models.CharField(max_length=150, verbose_name="id at the exchange")),
            (
                "direction",
                models.CharField(
                    choices=[
                        ("in", "incoming"),
                        ("out", "outgoing"),
                        ("internal", "internal"),
                        ("unknown", "unknown"),
                    ],
                    default="unknown",
                    max_length=8,
                    verbose_name="direction",
                ),
            ),
            (
                "phase",
                models.CharField(
                    choices=[
                        ("new", "new"),
                        ("ringing", "ringing"),
                        ("talking", "talking"),
                        ("ended", "ended"),
                    ],
                    default="new",
                    max_length=8,
                    verbose_name="phase",
                ),
            ),
            (
                "status",
                models.CharField(
                    choices=[
                        ("new", "new"),
                        ("ringing", "ringing"),
                        ("talking", "talking"),
                        ("answered", "answered"),
                        ("missed", "no answer"),
                        ("no_agent", "no agent reached"),
                        ("abandoned", "gave up waiting"),
                        ("busy", "busy"),
                        ("rejected", "declined"),
                        ("unavailable", "unavailable"),
                        ("cancelled", "cancelled by the caller"),
                        ("failed", "failed"),
                        ("congestion", "network congestion"),
                        ("lost", "lost sight of"),
                        ("unknown", "unknown"),
                    ],
                    default="new",
                    max_length=12,
                    verbose_name="status",
                ),
            ),
            ("client_raw", models.CharField(blank=True, max_length=64, verbose_name="number as received")),
            ("client_number", models.CharField(blank=True, max_length=20, verbose_name="client")),
            ("client_name", models.CharField(blank=True, max_length=80, verbose_name="caller's name")),
            ("did", models.CharField(blank=True, max_length=64, verbose_name="our line")),
            ("trunk", models.CharField(blank=True, max_length=100, verbose_name="trunk")),
            ("answered_by", models.CharField(blank=True, max_length=10, verbose_name="answered by")),
            ("responsible", models.CharField(blank=True, max_length=10, verbose_name="extension")),
            ("started_at", models.DateTimeField(verbose_name="started")),
            ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ("talk_seconds", models.PositiveIntegerField(null=True, verbose_name="talk, s")),
            ("wait_seconds", models.PositiveIntegerField(default=0, verbose_name="wait, s")),
            ("hangup_cause", models.PositiveSmallIntegerField(null=True, verbose_name="hang-up cause")),
            ("dial_status", models.CharField(blank=True, max_length=32, verbose_name="dial result")),
            ("recording", tenants.fields.EncryptedTextField(null=True, verbose_name="recording")),
            ("recording_size", models.PositiveBigIntegerField(null=True, verbose_name="recording, bytes")),
            ("rings", models.JSONField(default=list, verbose_name="who rang")),
            ("talks", models.JSONField(default=list, verbose_name="who talked")),
            ("flags", models.JSONField(default=list, verbose_name="remarks")),
            ("event_count", models.PositiveIntegerField(default=0, verbose_name="events")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="closed")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "merged_into",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="telephony.call",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="calls",
                    to="telephony.pbx",
                ),
            ),
            (
                "ended_by",
                models.CharField(
                    blank=True,
                    choices=[("client", "the client"), ("us", "our side"), ("", "unknown")],
                    default="",
                    max_length=6,
                    verbose_name="ended by",
                ),
            ),
            ("queue", models.CharField(blank=True, default="", max_length=80, verbose_name="queue")),
            ("client_tail", models.CharField(blank=True, editable=False, max_length=20)),
        ],
        options={
            "verbose_name": "call",
            "verbose_name_plural": "calls",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="call_recent"),
                models.Index(fields=["tenant", "-started_at", "-id"], name="call_started"),
                models.Index(fields=["tenant", "status", "-id"], name="call_status"),
                models.Index(fields=["tenant", "direction", "-id"], name="call_direction"),
                models.Index(fields=["tenant", "client_number", "-id"], name="call_client"),
                models.Index(
                    condition=models.Q(("phase", "ended"), _negated=True),
                    fields=["phase", "started_at"],
                    name="call_open",
                ),
                models.Index(
                    condition=models.Q(("phase", "ended"), _negated=True),
                    fields=["tenant", "started_at"],
                    name="call_live",
                ),
                models.Index(fields=["tenant", "client_tail", "-id"], name="call_tail"),
                models.Index(fields=["tenant", "did", "-id"], name="call_did"),
                models.Index(fields=["tenant", "trunk", "-id"], name="call_trunk"),
                models.Index(
                    condition=models.Q(("finished_at__isnull", False)),
                    fields=["tenant", "talk_seconds", "-id"],
                    name="call_talk",
                ),
                models.Index(
                    condition=models.Q(("finished_at__isnull", False)),
                    fields=["tenant", "wait_seconds", "-id"],
                    name="call_wait",
                ),
                models.Index(
                    condition=models.Q(("finished_at__isnull", False), ("recording_size__gt", 44)),
                    fields=["tenant", "-id"],
                    name="call_recorded",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at__isnull", False), ("phase", "ended")),
                        models.Q(("phase", "ended"), _negated=True),
                        _connector="OR",
                    ),
                    name="call_end",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CallEvent",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(verbose_name="received")),
            ("kind", models.CharField(max_length=40, verbose_name="kind")),
            ("unique_id", models.CharField(blank=True, max_length=150, verbose_name="channel")),
            ("linked_id", models.CharField(blank=True, max_length=150, verbose_name="linked channel")),
            (
                "payload",
                models.JSONField(
                    default=dict,
                    encoder=django.core.serializers.json.DjangoJSONEncoder,
                    verbose_name="content",
                ),
            ),
            ("raw", models.TextField(blank=True, verbose_name="body as it came")),
            ("degraded", models.JSONField(default=list, verbose_name="degraded")),
            ("digest", models.BinaryField(max_length=32)),
            ("address", models.CharField(blank=True, max_length=45, verbose_name="from")),
            (
                "call",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="events",
                    to="telephony.call",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="events",
                    to="telephony.pbx",
                ),
            ),
            ("sealed", tenants.fields.EncryptedJSONField(null=True)),
            (
                "source",
                models.CharField(
                    choices=[
                        ("http", "dialplan"),
                        ("ami", "manager interface"),
                        ("cdr", "call records"),
                        ("hub", "Switchboard"),
                    ],
                    default="http",
                    max_length=4,
                    verbose_name="source",
                ),
            ),
        ],
        options={
            "verbose_name": "call event",
            "verbose_name_plural": "call events",
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="call_event_recent"),
                models.Index(
                    condition=models.Q(("call__isnull", True)),
                    fields=["pbx", "unique_id"],
                    name="call_event_orphan",
                ),
                models.Index(
                    condition=models.Q(("raw", ""), _negated=True),
                    fields=["tenant", "-id"],
                    name="call_event_degraded",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("pbx", "digest"), name="call_event_once")],
        },
    ),
    migrations.CreateModel(
        name="CallAlias",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("channel", models.CharField(max_length=150)),
            (
                "call",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="telephony.call"
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="telephony.pbx",
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("pbx", "channel"), name="call_alias_once")],
        },
    ),
    migrations.CreateModel(
        name="TelephonySettings",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "call_secret",
                tenants.fields.EncryptedTextField(
                    default=telephony.models.pbx.new_token,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z0-9._~-]{12,100}\\Z",
                            "12 to 100 letters, digits and . _ ~ - without spaces.",
                        )
                    ],
                    verbose_name="call secret",
                ),
            ),
            ("call_secret_digest", models.CharField(editable=False, max_length=64, unique=True)),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "telephony settings",
            "verbose_name_plural": "telephony settings",
            "constraints": [models.UniqueConstraint(fields=("tenant",), name="telephony_settings_once")],
        },
    ),
    migrations.CreateModel(
        name="CallNotification",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("popup", "pop-up"),
                        ("answer", "answered call"),
                        ("hangup", "hang-up"),
                        ("upload", "call history"),
                        ("recording", "recording"),
                        ("rule", "rule"),
                        ("contact", "contact"),
                        ("lead", "lead"),
                        ("task", "task"),
                        ("task_done", "task done"),
                    ],
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("variant", models.CharField(blank=True, max_length=100, verbose_name="extensions")),
            ("extensions", models.JSONField(default=list)),
            ("rang_at", models.DateTimeField(null=True, verbose_name="rang")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "pending"),
                        ("done", "done"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                        ("parked", "parked"),
                    ],
                    default="pending",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            ("reason_code", models.CharField(blank=True, max_length=40)),
            ("reason", models.TextField(blank=True, verbose_name="why")),
            ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
            ("outside_id", models.CharField(blank=True, max_length=100, verbose_name="id there")),
            ("is_duplicate", models.BooleanField(default=False, verbose_name="they had it already")),
            ("issues", models.JSONField(default=list, verbose_name="what they do not know")),
            ("attempted_at", models.DateTimeField(null=True, verbose_name="last attempt")),
            ("settled_at", models.DateTimeField(null=True, verbose_name="settled")),
            (
                "call",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notifications",
                    to="telephony.call",
                    verbose_name="call",
                ),
            ),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="call_notifications",
                    to="integrations.integration",
                    verbose_name="integration",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            ("details", models.JSONField(default=dict)),
        ],
        options={
            "verbose_name": "call notification",
            "verbose_name_plural": "call notifications",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="notification_recent"),
                models.Index(fields=["integration", "-id"], name="notification_integration"),
                models.Index(
                    condition=models.Q(("state__in", ["failed", "parked"])),
                    fields=["tenant", "-id"],
                    name="notification_unsent",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("integration", "call", "kind", "variant"), name="call_notification_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CallParticipant",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("extension", models.CharField(max_length=10, verbose_name="extension")),
            ("rang_at", models.DateTimeField(null=True, verbose_name="rang")),
            ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
            ("is_caller", models.BooleanField(default=False, verbose_name="placed the call")),
            (
                "call",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="participants",
                    to="telephony.call",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                ),
            ),
        ],
        options={
            "verbose_name": "participant",
            "verbose_name_plural": "participants",
            "indexes": [models.Index(fields=["tenant", "extension", "-call"], name="call_participant_own")],
            "constraints": [
                models.UniqueConstraint(fields=("call", "extension"), name="call_participant_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="AmiAccess",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("host", models.CharField(max_length=255, verbose_name="host")),
            (
                "port",
                models.PositiveIntegerField(
                    default=5038,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(65535),
                    ],
                    verbose_name="port",
                ),
            ),
            ("username", models.CharField(max_length=80, verbose_name="user name")),
            ("secret", tenants.fields.EncryptedTextField(verbose_name="password")),
            (
                "security",
                models.CharField(
                    choices=[
                        ("none", "none: the connection is in the clear"),
                        ("tls", "TLS, the certificate is checked"),
                        ("tls_any", "TLS, any certificate"),
                    ],
                    default="none",
                    max_length=8,
                    verbose_name="encryption",
                ),
            ),
            (
                "ca",
                models.TextField(
                    blank=True,
                    help_text="PEM; empty: those that the operating system trusts.",
                    verbose_name="certificates that are trusted",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "pbx",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="ami",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "manager interface",
            "verbose_name_plural": "manager interfaces",
        },
    ),
    migrations.CreateModel(
        name="ExtensionPresence",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "extension",
                models.CharField(
                    max_length=10,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{1,10}\\Z", "Only digits, * and #, at most ten characters."
                        )
                    ],
                    verbose_name="extension",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("idle", "free"),
                        ("ringing", "ringing"),
                        ("talking", "talking"),
                        ("busy", "busy"),
                        ("hold", "on hold"),
                        ("away", "not registered"),
                        ("unknown", "unknown"),
                    ],
                    default="unknown",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("since", models.DateTimeField(verbose_name="since")),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="presences",
                    to="telephony.pbx",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "presence of an extension",
            "verbose_name_plural": "presence of extensions",
            "indexes": [models.Index(fields=["tenant", "extension"], name="extension_presence_number")],
            "constraints": [
                models.UniqueConstraint(fields=("pbx", "extension"), name="extension_presence_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="PbxOutage",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("started_at", models.DateTimeField(verbose_name="began")),
            ("ended_at", models.DateTimeField(verbose_name="ended")),
            ("reason", models.CharField(max_length=40, verbose_name="why")),
            ("caught_up_at", models.DateTimeField(null=True, verbose_name="caught up")),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="outages",
                    to="telephony.pbx",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "outage",
            "verbose_name_plural": "outages",
            "ordering": ["-started_at"],
            "indexes": [
                models.Index(fields=["tenant", "-started_at"], name="pbx_outage_recent"),
                models.Index(
                    condition=models.Q(("caught_up_at__isnull", True)),
                    fields=["pbx", "started_at"],
                    name="pbx_outage_due",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("pbx", "started_at"), name="pbx_outage_once"),
                models.CheckConstraint(
                    condition=models.Q(("ended_at__gte", models.F("started_at"))), name="pbx_outage_order"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PbxStatus",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("off", "not listening"),
                        ("connecting", "connecting"),
                        ("connected", "connected"),
                        ("failing", "cannot be reached"),
                        ("refused", "refuses us"),
                    ],
                    default="off",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("since", models.DateTimeField(null=True, verbose_name="since")),
            ("seen_at", models.DateTimeField(null=True, verbose_name="reported")),
            ("reason", models.CharField(blank=True, max_length=40)),
            ("detail", models.CharField(blank=True, max_length=300)),
            ("covered_until", models.DateTimeField(null=True, verbose_name="complete until")),
            ("last_event_at", models.DateTimeField(null=True, verbose_name="last event")),
            ("lag_p50", models.FloatField(null=True, verbose_name="delay, median, ms")),
            ("lag_p99", models.FloatField(null=True, verbose_name="delay, 99 %, ms")),
            ("events_per_minute", models.PositiveIntegerField(default=0, verbose_name="events in a minute")),
            ("version", models.CharField(blank=True, max_length=80, verbose_name="version")),
            ("booted", models.CharField(blank=True, max_length=40)),
            ("clock_offset", models.FloatField(null=True, verbose_name="our clock less theirs, s")),
            ("rights", models.JSONField(default=list, verbose_name="rights")),
            ("warnings", models.JSONField(default=list, verbose_name="warnings")),
            ("is_down_told", models.BooleanField(default=False)),
            ("holder", models.UUIDField(null=True)),
            ("leased_until", models.DateTimeField(null=True)),
            (
                "pbx",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="status",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "connection of an exchange",
            "verbose_name_plural": "connections of exchanges",
            "indexes": [models.Index(fields=["tenant", "pbx"], name="pbx_status_tenant")],
        },
    ),
    migrations.CreateModel(
        name="CallLeg",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("channel", models.CharField(max_length=150, verbose_name="channel")),
            ("device", models.CharField(blank=True, max_length=150, verbose_name="device")),
            (
                "role",
                models.CharField(
                    choices=[
                        ("client", "client"),
                        ("agent", "colleague"),
                        ("trunk", "line"),
                        ("other", "other"),
                    ],
                    default="other",
                    max_length=6,
                    verbose_name="role",
                ),
            ),
            ("extension", models.CharField(blank=True, max_length=10, verbose_name="extension")),
            ("number", models.CharField(blank=True, max_length=64, verbose_name="number")),
            ("began_at", models.DateTimeField(null=True, verbose_name="began")),
            ("rang_at", models.DateTimeField(null=True, verbose_name="rang")),
            ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ("cause", models.PositiveSmallIntegerField(null=True, verbose_name="hang-up cause")),
            ("dial_status", models.CharField(blank=True, max_length=32, verbose_name="dial result")),
            (
                "call",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="legs",
                    to="telephony.call",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                ),
            ),
        ],
        options={
            "verbose_name": "leg",
            "verbose_name_plural": "legs",
            "ordering": ["began_at", "channel"],
            "constraints": [models.UniqueConstraint(fields=("call", "channel"), name="call_leg_once")],
        },
    ),
    migrations.CreateModel(
        name="CatchUpReport",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "cause",
                models.CharField(
                    choices=[
                        ("schedule", "every five minutes"),
                        ("reconnect", "after an outage"),
                        ("person", "asked for"),
                        ("command", "command line"),
                        ("upload", "uploaded file"),
                    ],
                    max_length=10,
                    verbose_name="why",
                ),
            ),
            ("since", models.DateTimeField(null=True, verbose_name="from")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ("rows_read", models.PositiveIntegerField(default=0, verbose_name="rows read")),
            ("rows_new", models.PositiveIntegerField(default=0, verbose_name="new rows")),
            ("rows_refused", models.PositiveIntegerField(default=0, verbose_name="unusable rows")),
            ("missing", models.PositiveIntegerField(default=0, verbose_name="calls only in the records")),
            ("differing", models.PositiveIntegerField(default=0, verbose_name="calls that differed")),
            ("unchanged", models.PositiveIntegerField(default=0, verbose_name="calls as we knew them")),
            ("reason", models.CharField(blank=True, max_length=20)),
            ("detail", models.CharField(blank=True, max_length=300)),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="catch_ups",
                    to="telephony.pbx",
                    verbose_name="telephone exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "catch-up",
            "verbose_name_plural": "catch-ups",
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="catch_up_recent"),
                models.Index(fields=["pbx", "-id"], name="catch_up_of_pbx"),
            ],
        },
    ),
    migrations.CreateModel(
        name="CdrSource",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("postgresql", "PostgreSQL"),
                        ("mysql", "MySQL, MariaDB"),
                        ("sftp", "CSV file, over SFTP"),
                        ("file", "CSV file on this server"),
                    ],
                    default="postgresql",
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("host", models.CharField(blank=True, max_length=255, verbose_name="host")),
            (
                "port",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="Empty: the usual one.",
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(65535),
                    ],
                    verbose_name="port",
                ),
            ),
            (
                "security",
                models.CharField(
                    choices=[
                        ("none", "none: the connection is in the clear"),
                        ("tls", "TLS, the certificate is checked"),
                        ("tls_any", "TLS, any certificate"),
                    ],
                    default="none",
                    max_length=8,
                    verbose_name="encryption",
                ),
            ),
            (
                "ca",
                models.TextField(
                    blank=True,
                    help_text="PEM; empty: those that the operating system trusts.",
                    verbose_name="certificates that are trusted",
                ),
            ),
            ("database", models.CharField(blank=True, max_length=63, verbose_name="database")),
            (
                "table",
                models.CharField(
                    blank=True,
                    default="cdr",
                    max_length=127,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z_][A-Za-z0-9_]{0,62}(\\.[A-Za-z_][A-Za-z0-9_]{0,62})?\\Z",
                            "A name such as cdr, or schema.cdr: letters, digits and _.",
                        )
                    ],
                    verbose_name="table of call records",
                ),
            ),
            (
                "cel_table",
                models.CharField(
                    blank=True,
                    help_text="CEL, where the exchange writes it: it knows of calls that a crash cut off.",
                    max_length=127,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z_][A-Za-z0-9_]{0,62}(\\.[A-Za-z_][A-Za-z0-9_]{0,62})?\\Z",
                            "A name such as cdr, or schema.cdr: letters, digits and _.",
                        )
                    ],
                    verbose_name="table of channel records",
                ),
            ),
            (
                "username",
                models.CharField(
                    blank=True,
                    help_text="An account that may only read.",
                    max_length=80,
                    verbose_name="user name",
                ),
            ),
            (
                "secret",
                tenants.fields.EncryptedTextField(
                    blank=True,
                    default="",
                    help_text="For SFTP a private key (PEM) will do as well.",
                    verbose_name="password",
                ),
            ),
            (
                "host_key",
                models.CharField(
                    blank=True,
                    help_text="For SFTP, as ssh-keyscan shows it: ssh-ed25519 AAAAC3Nza…",
                    max_length=1000,
                    validators=[telephony.models.records.validate_host_key],
                    verbose_name="the server's key",
                ),
            ),
            (
                "path",
                models.CharField(
                    blank=True,
                    help_text="Such as /var/log/asterisk/cdr-csv/Master.csv",
                    max_length=500,
                    verbose_name="path",
                ),
            ),
            (
                "columns",
                models.CharField(
                    blank=True,
                    help_text="Of a file with an order of its own: start, uniqueid, linkedid, …",
                    max_length=500,
                    verbose_name="columns",
                ),
            ),
            (
                "timezone",
                models.CharField(
                    blank=True,
                    help_text="Of the times in the records (UTC with usegmtime=yes); empty: the exchange's.",
                    max_length=64,
                    validators=[tenants.models.tenant.validate_timezone],
                    verbose_name="time zone",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            ("cursor", models.JSONField(default=dict, editable=False)),
            ("read_from", models.DateTimeField(editable=False, null=True)),
            (
                "state",
                models.CharField(
                    choices=[("new", "not read yet"), ("ok", "read"), ("failed", "cannot be read")],
                    default="new",
                    editable=False,
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("reason", models.CharField(blank=True, editable=False, max_length=20)),
            ("detail", models.CharField(blank=True, editable=False, max_length=300)),
            ("last_run_at", models.DateTimeField(editable=False, null=True, verbose_name="last read")),
            (
                "last_success_at",
                models.DateTimeField(editable=False, null=True, verbose_name="last read with success"),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "pbx",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="call_records",
                    to="telephony.pbx",
                    verbose_name="telephone exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "call records",
            "verbose_name_plural": "call records",
            "indexes": [models.Index(fields=["tenant", "pbx"], name="cdr_source_tenant")],
        },
    ),
    migrations.CreateModel(
        name="WorkingHours",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            (
                "is_default",
                models.BooleanField(
                    default=False,
                    help_text="For calls on every line that has no hours of its own.",
                    verbose_name="default",
                ),
            ),
            (
                "timezone",
                models.CharField(
                    blank=True,
                    help_text="Empty: the company's.",
                    max_length=64,
                    validators=[tenants.models.tenant.validate_timezone],
                    verbose_name="time zone",
                ),
            ),
            ("weekly", models.JSONField(blank=True, default=dict, verbose_name="hours")),
            (
                "exceptions",
                models.TextField(
                    blank=True,
                    help_text="One day a line: 2026-01-01 is closed, 01-01 is closed every year, 2026-12-31 09:00-15:00 is shorter.",
                    verbose_name="holidays and special days",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "working hours",
            "verbose_name_plural": "working hours",
            "ordering": ["-is_default", "name"],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "name"), name="working_hours_name"),
                models.UniqueConstraint(
                    condition=models.Q(("is_default", True)),
                    fields=("tenant",),
                    name="working_hours_one_default",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Line",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "number",
                models.CharField(
                    help_text="As the exchange says it; telephone numbers with plus and country.",
                    max_length=100,
                    verbose_name="number or trunk",
                ),
            ),
            ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
            (
                "is_enabled",
                models.BooleanField(
                    default=True,
                    help_text="Off: calls on this line are kept here, and no CRM hears of them.",
                    verbose_name="told to the CRMs",
                ),
            ),
            (
                "extension",
                models.CharField(
                    blank=True,
                    help_text="The extension that calls belong to which reached nobody.",
                    max_length=10,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{1,10}\\Z", "Only digits, * and #, at most ten characters."
                        )
                    ],
                    verbose_name="who is responsible",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "hours",
                models.ForeignKey(
                    blank=True,
                    help_text="Empty: the company's default.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="lines",
                    to="telephony.workinghours",
                    verbose_name="working hours",
                ),
            ),
        ],
        options={
            "verbose_name": "our line",
            "verbose_name_plural": "our lines",
            "ordering": ["number"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "number"), name="line_number")],
        },
    ),
    migrations.CreateModel(
        name="CallPolicy",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "attribution",
                models.CharField(
                    choices=[
                        ("first", "who talked first"),
                        ("last", "who talked last"),
                        ("longest", "who talked longest"),
                    ],
                    default="last",
                    max_length=7,
                    verbose_name="after a transfer a call belongs to",
                ),
            ),
            (
                "popup_mode",
                models.CharField(
                    choices=[("ring", "while it rings"), ("answer", "when they answer"), ("never", "never")],
                    default="ring",
                    max_length=6,
                    verbose_name="pop-ups appear",
                ),
            ),
            (
                "recording_wait",
                models.PositiveSmallIntegerField(
                    default=60,
                    help_text="So long the history entry of a recorded call waits for its recording to be complete. After that it goes as it is, and is completed later in systems that can do that.",
                    validators=[django.core.validators.MaxValueValidator(600)],
                    verbose_name="wait for a recording, s",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "calls in the CRM",
            "verbose_name_plural": "calls in the CRM",
            "constraints": [models.UniqueConstraint(fields=("tenant",), name="call_policy_once")],
        },
    ),
    migrations.CreateModel(
        name="CallRule",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "place",
                models.PositiveIntegerField(
                    default=10, help_text="The lowest is looked at first.", verbose_name="order of rules"
                ),
            ),
            ("name", models.CharField(max_length=200, verbose_name="name")),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            (
                "direction",
                models.CharField(
                    choices=[("any", "any"), ("in", "incoming"), ("out", "outgoing")],
                    default="in",
                    max_length=3,
                    verbose_name="direction",
                ),
            ),
            (
                "outcome",
                models.CharField(
                    choices=[("any", "any"), ("missed", "not answered"), ("answered", "answered")],
                    default="missed",
                    max_length=8,
                    verbose_name="outcome",
                ),
            ),
            (
                "client",
                models.CharField(
                    choices=[
                        ("any", "any"),
                        ("known", "known to the CRM"),
                        ("unknown", "unknown to the CRM"),
                    ],
                    default="any",
                    max_length=7,
                    verbose_name="client",
                ),
            ),
            (
                "hours",
                models.CharField(
                    choices=[
                        ("any", "any time"),
                        ("inside", "in working hours"),
                        ("outside", "outside working hours"),
                    ],
                    default="any",
                    max_length=7,
                    verbose_name="when",
                ),
            ),
            ("lines", models.JSONField(blank=True, default=list, verbose_name="our lines")),
            (
                "creates_contact",
                models.BooleanField(
                    default=False,
                    help_text="Where the client is not known yet.",
                    verbose_name="create a contact",
                ),
            ),
            ("creates_lead", models.BooleanField(default=False, verbose_name="create a lead or deal")),
            ("is_lead_single", models.BooleanField(default=True, verbose_name="only if none is open")),
            (
                "creates_task",
                models.BooleanField(
                    default=False,
                    help_text="At most one is open for a client; it is closed when somebody talked to them.",
                    verbose_name="create a task to call back",
                ),
            ),
            (
                "task_hours",
                models.PositiveSmallIntegerField(
                    default=1,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(2160),
                    ],
                    verbose_name="time for the task, hours",
                ),
            ),
            (
                "responsible",
                models.CharField(
                    choices=[
                        ("rang", "whose phone rang first"),
                        ("talked", "who talked last"),
                        ("owner", "the client's manager in the CRM"),
                        ("default", "the extension below"),
                    ],
                    default="owner",
                    max_length=7,
                    verbose_name="responsible",
                ),
            ),
            (
                "extension",
                models.CharField(
                    blank=True,
                    help_text="Empty: the line's, and the CRM's own choice after that.",
                    max_length=10,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{1,10}\\Z", "Only digits, * and #, at most ten characters."
                        )
                    ],
                    verbose_name="else this extension",
                ),
            ),
            (
                "name_template",
                models.CharField(
                    default="{name} {number}",
                    help_text="Of the contact and the lead; {number}, {line} and {name} are filled in.",
                    max_length=200,
                    validators=[telephony.models.rule.validate_name_template],
                    verbose_name="name of what is made",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "integration",
                models.ForeignKey(
                    blank=True,
                    help_text="Empty: in every CRM that can do it.",
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                    verbose_name="integration",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "call rule",
            "verbose_name_plural": "call rules",
            "ordering": ["place", "id"],
            "indexes": [models.Index(fields=["tenant", "place", "id"], name="call_rule_order")],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="call_rule_name")],
        },
    ),
    migrations.CreateModel(
        name="ClientTask",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("client_number", models.CharField(max_length=20, verbose_name="client")),
            ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
            (
                "call",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="telephony.call",
                    verbose_name="call",
                ),
            ),
            (
                "closed_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="telephony.call",
                    verbose_name="closed by",
                ),
            ),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "task to call back",
            "verbose_name_plural": "tasks to call back",
            "indexes": [
                models.Index(
                    condition=models.Q(("closed_at__isnull", True)),
                    fields=["tenant", "client_number"],
                    name="client_task_open",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("closed_at__isnull", True)),
                    fields=("integration", "client_number"),
                    name="client_task_one_open",
                ),
                models.UniqueConstraint(fields=("integration", "call"), name="client_task_once"),
            ],
        },
    ),
    migrations.CreateModel(
        name="LineHearer",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "integration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                ),
            ),
            (
                "line",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="hearers",
                    to="telephony.line",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "integration that hears of a line",
            "verbose_name_plural": "integrations that hear of a line",
            "constraints": [models.UniqueConstraint(fields=("line", "integration"), name="line_hearer_once")],
        },
    ),
    migrations.CreateModel(
        name="PopupChoice",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "extension",
                models.CharField(
                    max_length=10,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{1,10}\\Z", "Only digits, * and #, at most ten characters."
                        )
                    ],
                    verbose_name="extension",
                ),
            ),
            (
                "mode",
                models.CharField(
                    choices=[("ring", "while it rings"), ("answer", "when they answer"), ("never", "never")],
                    max_length=6,
                    verbose_name="pop-ups appear",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "pop-ups of an extension",
            "verbose_name_plural": "pop-ups of extensions",
            "ordering": ["extension"],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "extension"), name="popup_choice_extension")
            ],
        },
    ),
    migrations.CreateModel(
        name="DialAccess",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            (
                "transport",
                models.CharField(
                    choices=[("ami", "manager interface (AMI)"), ("ssh", "SSH and Asterisk's command line")],
                    default="ami",
                    max_length=3,
                    verbose_name="way",
                ),
            ),
            (
                "template",
                models.CharField(
                    default="PJSIP/{extension}",
                    help_text="PJSIP/{extension} calls the device itself. Local/{extension}@{context}/n goes by the dialplan, as a call to the extension does, with all its devices and forwarding.",
                    max_length=100,
                    validators=[telephony.dialing.template.check_template],
                    verbose_name="the colleague's phone",
                ),
            ),
            (
                "context",
                models.CharField(
                    default="from-internal",
                    help_text="The part of the dialplan in which the client's number is dialled, as from a phone.",
                    max_length=79,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z0-9_-]{1,79}\\Z", "Letters, digits, _ and -."
                        )
                    ],
                    verbose_name="context",
                ),
            ),
            (
                "number_form",
                models.CharField(
                    choices=[
                        ("plus", "+375291234570"),
                        ("digits", "375291234570"),
                        ("national", "as dialled inside the country"),
                    ],
                    default="plus",
                    max_length=8,
                    verbose_name="form of numbers",
                ),
            ),
            (
                "prefix",
                models.CharField(
                    blank=True,
                    help_text="Such as 9 for an outside line.",
                    max_length=6,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{0,6}\\Z", "Digits, * and #, at most six."
                        )
                    ],
                    verbose_name="prefix",
                ),
            ),
            (
                "caller_id_rule",
                models.CharField(
                    choices=[
                        ("auto", "the client's number where the dialplan is in between, else the extension"),
                        ("client", "the client's number"),
                        ("extension", "the extension"),
                        ("fixed", "a number of its own"),
                    ],
                    default="auto",
                    max_length=9,
                    verbose_name="shown while it rings",
                ),
            ),
            (
                "caller_id",
                models.CharField(
                    blank=True,
                    max_length=19,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^\\+?[0-9]{3,18}\\Z|^[0-9*#]{1,10}\\Z", "A telephone number or an extension."
                        )
                    ],
                    verbose_name="number of its own",
                ),
            ),
            (
                "ring_seconds",
                models.PositiveSmallIntegerField(
                    default=30,
                    validators=[
                        django.core.validators.MinValueValidator(5),
                        django.core.validators.MaxValueValidator(120),
                    ],
                    verbose_name="ring the colleague for, s",
                ),
            ),
            ("ssh_host", models.CharField(blank=True, max_length=255, verbose_name="SSH host")),
            (
                "ssh_port",
                models.PositiveIntegerField(
                    default=22,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(65535),
                    ],
                    verbose_name="SSH port",
                ),
            ),
            (
                "ssh_user",
                models.CharField(
                    blank=True,
                    max_length=32,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z_][A-Za-z0-9._-]{0,31}\\Z", "A user name of the exchange's machine."
                        )
                    ],
                    verbose_name="SSH user",
                ),
            ),
            (
                "ssh_key",
                tenants.fields.EncryptedTextField(blank=True, default="", verbose_name="private key"),
            ),
            (
                "ssh_host_key",
                models.TextField(
                    blank=True,
                    help_text="As ssh-keyscan or /etc/ssh/ssh_host_ed25519_key.pub shows it: ssh-ed25519 AAAA… A machine with another key is not spoken to.",
                    verbose_name="the exchange's host key",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "pbx",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="dialing",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "click-to-call of an exchange",
            "verbose_name_plural": "click-to-call of exchanges",
        },
    ),
    migrations.CreateModel(
        name="DialPolicy",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("is_enabled", models.BooleanField(default=True, verbose_name="calls by click are allowed")),
            ("allows_own_country", models.BooleanField(default=True, verbose_name="own country")),
            (
                "countries",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Two letters each, such as KZ and PL.",
                    validators=[telephony.models.dialing.check_countries],
                    verbose_name="other countries",
                ),
            ),
            (
                "denied_prefixes",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Beginnings of numbers with plus and country code, such as +7809.",
                    validators=[telephony.models.dialing.check_prefixes],
                    verbose_name="numbers that are not called",
                ),
            ),
            ("allows_premium", models.BooleanField(default=False, verbose_name="numbers at a higher price")),
            (
                "quiet_hours",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="In the company's time zone, such as 22:00-07:00, or sat,sun 00:00-24:00.",
                    validators=[telephony.dialing.hours.check_hours],
                    verbose_name="hours without calls",
                ),
            ),
            (
                "extension_per_minute",
                models.PositiveIntegerField(default=6, verbose_name="calls a minute, each extension"),
            ),
            (
                "extension_per_day",
                models.PositiveIntegerField(default=300, verbose_name="calls a day, each extension"),
            ),
            ("per_minute", models.PositiveIntegerField(default=60, verbose_name="calls a minute, in all")),
            ("per_day", models.PositiveIntegerField(default=3000, verbose_name="calls a day, in all")),
            (
                "minutes_per_day",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="Empty: no limit.",
                    null=True,
                    verbose_name="minutes of talk a day, in all",
                ),
            ),
            (
                "alert_after",
                models.PositiveIntegerField(
                    default=5,
                    help_text="So many refused clicks within ten minutes are told to the owners.",
                    validators=[django.core.validators.MinValueValidator(1)],
                    verbose_name="alert after refusals",
                ),
            ),
            ("alerted_at", models.DateTimeField(editable=False, null=True)),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "limits of click-to-call",
            "verbose_name_plural": "limits of click-to-call",
            "constraints": [models.UniqueConstraint(fields=("tenant",), name="dial_policy_once")],
        },
    ),
    migrations.CreateModel(
        name="OriginateRequest",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("extension", models.CharField(blank=True, max_length=10, verbose_name="extension")),
            ("phone", models.CharField(blank=True, max_length=20, verbose_name="client")),
            ("asked", models.CharField(blank=True, max_length=64, verbose_name="number as received")),
            (
                "origin",
                models.CharField(
                    choices=[("crm", "CRM"), ("link", "call link"), ("api", "API"), ("admin", "call button")],
                    max_length=5,
                    verbose_name="asked for by",
                ),
            ),
            ("requester", models.CharField(blank=True, max_length=200, verbose_name="who clicked")),
            ("outside_id", models.CharField(blank=True, max_length=100, verbose_name="call there")),
            ("key", models.CharField(editable=False, max_length=250, null=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("queued", "queued"),
                        ("sent", "sent to the exchange"),
                        ("agent_ringing", "the colleague's phone rings"),
                        ("agent_answered", "the colleague picked up"),
                        ("client_ringing", "the client's phone rings"),
                        ("talking", "talking"),
                        ("ended", "ended"),
                        ("failed", "failed"),
                        ("refused", "refused"),
                    ],
                    default="queued",
                    max_length=14,
                    verbose_name="state",
                ),
            ),
            ("reason_code", models.CharField(blank=True, max_length=40)),
            ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
            ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
            ("accepted_at", models.DateTimeField(null=True, verbose_name="accepted by the exchange")),
            ("agent_rang_at", models.DateTimeField(null=True, verbose_name="colleague's phone rang")),
            ("agent_answered_at", models.DateTimeField(null=True, verbose_name="colleague picked up")),
            ("client_rang_at", models.DateTimeField(null=True, verbose_name="client's phone rang")),
            ("talked_at", models.DateTimeField(null=True, verbose_name="talk began")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "call",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="originates",
                    to="telephony.call",
                    verbose_name="call",
                ),
            ),
            (
                "integration",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="integrations.integration",
                    verbose_name="integration",
                ),
            ),
            (
                "member",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="tenants.member",
                    verbose_name="member",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="telephony.pbx",
                    verbose_name="telephone exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "click-to-call",
            "verbose_name_plural": "clicks-to-call",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="originate_recent"),
                models.Index(fields=["tenant", "state", "-id"], name="originate_state"),
                models.Index(fields=["tenant", "extension", "-id"], name="originate_extension"),
            ],
            "constraints": [models.UniqueConstraint(fields=("tenant", "key"), name="originate_once")],
        },
    ),
    migrations.CreateModel(
        name="Recording",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("path", tenants.fields.EncryptedTextField(verbose_name="path at the exchange")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("expected", "expected"),
                        ("final", "ready"),
                        ("empty", "nothing was said"),
                        ("missing", "not found"),
                        ("expired", "kept no longer"),
                    ],
                    default="expected",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=300, verbose_name="why")),
            ("size", models.PositiveBigIntegerField(null=True, verbose_name="bytes")),
            ("checked_at", models.DateTimeField(null=True, verbose_name="looked for")),
            ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
            ("copy", models.CharField(blank=True, editable=False, max_length=100)),
            (
                "call",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="recording_row",
                    to="telephony.call",
                    verbose_name="call",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "recording",
            "verbose_name_plural": "recordings",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="recording_recent"),
                models.Index(fields=["tenant", "state", "-id"], name="recording_state"),
                models.Index(
                    condition=models.Q(("state", "expired"), _negated=True),
                    fields=["pbx", "id"],
                    name="recording_kept",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RecordingLink",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "token",
                tenants.fields.EncryptedTextField(
                    default=telephony.models.recording.new_link_token, verbose_name="token"
                ),
            ),
            ("token_digest", models.CharField(editable=False, max_length=64, unique=True)),
            (
                "audience",
                models.CharField(
                    choices=[("crm", "a CRM"), ("person", "a person")], max_length=6, verbose_name="for"
                ),
            ),
            ("made_for", models.CharField(blank=True, max_length=200, verbose_name="made for")),
            ("expires_at", models.DateTimeField(db_index=True, verbose_name="works until")),
            (
                "recording",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="links",
                    to="telephony.recording",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "link to a recording",
            "verbose_name_plural": "links to recordings",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("audience", "crm")), fields=("recording",), name="recording_link_crm"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RecordingStore",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("local", "a folder of this machine"),
                        ("http", "a web server"),
                        ("sftp", "SFTP"),
                        ("s3", "S3-compatible storage"),
                    ],
                    default="http",
                    max_length=5,
                    verbose_name="where",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            (
                "cut",
                models.CharField(
                    blank=True,
                    help_text="It is cut off, for example /var/spool/asterisk/monitor.",
                    max_length=300,
                    verbose_name="beginning of the exchange's paths",
                ),
            ),
            ("root", models.CharField(blank=True, max_length=300, verbose_name="folder")),
            (
                "template",
                tenants.fields.EncryptedTextField(
                    blank=True,
                    default="",
                    help_text="For example https://pbx.example/rec/{path}.",
                    max_length=500,
                    validators=[telephony.models.pbx.validate_template],
                    verbose_name="address of recordings",
                ),
            ),
            ("host", models.CharField(blank=True, max_length=255, verbose_name="host")),
            (
                "port",
                models.PositiveIntegerField(
                    default=22,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(65535),
                    ],
                    verbose_name="port",
                ),
            ),
            (
                "host_key",
                models.TextField(
                    blank=True,
                    help_text="As ssh-keyscan shows it: ssh-ed25519 AAAA…",
                    max_length=2000,
                    verbose_name="host key",
                ),
            ),
            ("endpoint", models.CharField(blank=True, max_length=300, verbose_name="address of the storage")),
            (
                "bucket",
                models.CharField(
                    blank=True,
                    max_length=255,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z0-9._-]{1,255}\\Z", "Letters, digits and . _ - only."
                        )
                    ],
                    verbose_name="bucket",
                ),
            ),
            (
                "region",
                models.CharField(blank=True, default="us-east-1", max_length=60, verbose_name="region"),
            ),
            ("username", models.CharField(blank=True, max_length=200, verbose_name="user name or key id")),
            (
                "secret",
                tenants.fields.EncryptedTextField(
                    blank=True, default="", verbose_name="password or secret key"
                ),
            ),
            (
                "private_key",
                tenants.fields.EncryptedTextField(blank=True, default="", verbose_name="private key"),
            ),
            (
                "crm_days",
                models.PositiveIntegerField(
                    default=1825,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(36500),
                    ],
                    verbose_name="days for which a CRM's link works",
                ),
            ),
            (
                "keeps_copy",
                models.BooleanField(
                    default=False,
                    help_text="Each recording is fetched once it is complete.",
                    verbose_name="keep copies here",
                ),
            ),
            (
                "kept_days",
                models.PositiveIntegerField(
                    default=0,
                    help_text="Its copy is removed and its links end; 0 keeps it for good.",
                    validators=[django.core.validators.MaxValueValidator(36500)],
                    verbose_name="days until a recording is forgotten",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "pbx",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="recording_store",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "place of recordings",
            "verbose_name_plural": "places of recordings",
        },
    ),
    migrations.CreateModel(
        name="RedirectDecision",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "mode",
                models.CharField(
                    choices=[("pull", "the exchange asked"), ("push", "we moved the call")],
                    default="pull",
                    max_length=4,
                    verbose_name="how",
                ),
            ),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("pending", "being looked for"),
                        ("redirected", "to the manager"),
                        ("normal", "the usual way"),
                        ("failed", "failed"),
                    ],
                    default="normal",
                    max_length=10,
                    verbose_name="outcome",
                ),
            ),
            ("reason_code", models.CharField(blank=True, max_length=40)),
            ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
            ("unique_id", models.CharField(blank=True, max_length=150, verbose_name="channel")),
            ("channel", models.CharField(blank=True, max_length=200, verbose_name="name of the channel")),
            ("context", models.CharField(blank=True, max_length=80, verbose_name="context")),
            ("phone", models.CharField(blank=True, max_length=64, verbose_name="client")),
            ("line", models.CharField(blank=True, max_length=64, verbose_name="our line")),
            ("extension", models.CharField(blank=True, max_length=10, verbose_name="extension")),
            (
                "source",
                models.CharField(
                    blank=True,
                    choices=[
                        ("crm", "the CRM is asked"),
                        ("records", "our own records of clients and deals"),
                        ("conversation", "who talked with the client last"),
                    ],
                    max_length=12,
                    verbose_name="who said so",
                ),
            ),
            ("is_remembered", models.BooleanField(default=False, verbose_name="from memory")),
            ("ms", models.PositiveIntegerField(default=0, verbose_name="took, ms")),
            ("steps", models.JSONField(default=list, verbose_name="who was considered")),
            ("attempted_at", models.DateTimeField(null=True, verbose_name="sent to the exchange")),
            ("settled_at", models.DateTimeField(null=True, verbose_name="settled")),
            (
                "integration",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="integrations.integration",
                    verbose_name="integration",
                ),
            ),
            (
                "pbx",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="telephony.pbx",
                    verbose_name="exchange",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "redirect decision",
            "verbose_name_plural": "redirect decisions",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="redirect_recent"),
                models.Index(fields=["tenant", "outcome", "-id"], name="redirect_outcome"),
                models.Index(fields=["tenant", "phone", "-id"], name="redirect_phone"),
                models.Index(fields=["pbx", "unique_id", "-id"], name="redirect_channel"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        ("outcome__in", ["redirected", "pending"]), models.Q(("unique_id", ""), _negated=True)
                    ),
                    fields=("pbx", "unique_id"),
                    name="redirect_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RedirectSettings",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("is_enabled", models.BooleanField(default=False, verbose_name="enabled")),
            (
                "sources",
                models.JSONField(
                    default=telephony.models.redirect.default_sources,
                    validators=[telephony.models.redirect.validate_sources],
                    verbose_name="who says whose client calls",
                ),
            ),
            (
                "budget_ms",
                models.PositiveIntegerField(
                    default=700,
                    help_text="The caller hears silence meanwhile. What is not known by then does not count.",
                    validators=[
                        django.core.validators.MinValueValidator(50),
                        django.core.validators.MaxValueValidator(900),
                    ],
                    verbose_name="time for the answer, ms",
                ),
            ),
            (
                "ring_seconds",
                models.PositiveIntegerField(
                    default=20,
                    help_text="After that the call goes the usual way.",
                    validators=[
                        django.core.validators.MinValueValidator(5),
                        django.core.validators.MaxValueValidator(120),
                    ],
                    verbose_name="how long the manager's phone rings, s",
                ),
            ),
            (
                "days",
                models.PositiveIntegerField(
                    default=30,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(730),
                    ],
                    verbose_name="days in which a conversation counts",
                ),
            ),
            (
                "remembers_minutes",
                models.PositiveIntegerField(
                    default=5,
                    validators=[django.core.validators.MaxValueValidator(120)],
                    verbose_name="minutes that a CRM's answer is remembered",
                ),
            ),
            ("checks_hours", models.BooleanField(default=True, verbose_name="only in working hours")),
            (
                "checks_status",
                models.BooleanField(default=True, verbose_name="heeds the manager's status in the CRM"),
            ),
            (
                "skips_busy",
                models.BooleanField(default=True, verbose_name="passes over those who are in a call"),
            ),
            (
                "excluded_lines",
                models.JSONField(
                    blank=True,
                    default=list,
                    validators=[telephony.models.redirect.validate_texts],
                    verbose_name="lines without it",
                ),
            ),
            (
                "excluded_numbers",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="For example the employees' own mobile numbers.",
                    validators=[telephony.models.redirect.validate_texts],
                    verbose_name="callers without it",
                ),
            ),
            (
                "contexts",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Of the dialplan; the first one is used unless the request names another of them.",
                    validators=[telephony.models.redirect.validate_contexts],
                    verbose_name="contexts that a waiting call may be moved to",
                ),
            ),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "smart redirect",
            "verbose_name_plural": "smart redirect",
            "constraints": [models.UniqueConstraint(fields=("tenant",), name="redirect_settings_once")],
        },
    ),
    migrations.CreateModel(
        name="RedirectLine",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("line", models.CharField(max_length=64, verbose_name="our line")),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            (
                "sources",
                models.JSONField(
                    blank=True,
                    default=list,
                    validators=[telephony.models.redirect.validate_sources],
                    verbose_name="who says whose client calls",
                ),
            ),
            ("checks_hours", models.BooleanField(default=True, verbose_name="only in working hours")),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            (
                "settings",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="lines",
                    to="telephony.redirectsettings",
                ),
            ),
        ],
        options={
            "verbose_name": "line with its own rules",
            "verbose_name_plural": "lines with their own rules",
            "ordering": ["line"],
            "constraints": [models.UniqueConstraint(fields=("settings", "line"), name="redirect_line_once")],
        },
    ),
    migrations.CreateModel(
        name="AssignmentProblem",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "trouble",
                models.CharField(
                    choices=[
                        ("no_crm", "no CRM is told of calls"),
                        ("off", "the CRM's integration is switched off"),
                        ("nobody", "the extension belongs to nobody in the CRM"),
                        ("no_ext", "the CRM's user has no extension"),
                        ("unknown", "the CRM does not know this extension or user"),
                        ("unlisted", "the extension is not in the company's list"),
                    ],
                    max_length=8,
                    verbose_name="what is wrong",
                ),
            ),
            ("subject", models.CharField(blank=True, max_length=100, verbose_name="who")),
            ("name", models.CharField(blank=True, max_length=300, verbose_name="name")),
            ("calls", models.PositiveIntegerField(default=0, verbose_name="calls in a week")),
            (
                "integration",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                    verbose_name="integration",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "extension without a match",
            "verbose_name_plural": "extensions without a match",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="assignment_problem_recent")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("integration__isnull", False)),
                    fields=("tenant", "trouble", "integration", "subject"),
                    name="assignment_problem_there",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("integration__isnull", True)),
                    fields=("tenant", "trouble", "subject"),
                    name="assignment_problem_here",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CallTally",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("day", models.DateField(verbose_name="day")),
            (
                "of",
                models.CharField(
                    choices=[("day", "day"), ("hour", "hour"), ("ext", "extension"), ("line", "line")],
                    max_length=4,
                    verbose_name="counted by",
                ),
            ),
            ("key", models.CharField(blank=True, max_length=100, verbose_name="which")),
            (
                "direction",
                models.CharField(
                    blank=True,
                    choices=[
                        ("in", "incoming"),
                        ("out", "outgoing"),
                        ("internal", "internal"),
                        ("unknown", "unknown"),
                    ],
                    max_length=8,
                    verbose_name="direction",
                ),
            ),
            ("calls", models.PositiveIntegerField(default=0, verbose_name="calls")),
            ("answered", models.PositiveIntegerField(default=0, verbose_name="answered")),
            ("missed", models.PositiveIntegerField(default=0, verbose_name="missed")),
            ("wait_total", models.PositiveBigIntegerField(default=0, verbose_name="wait in all, s")),
            ("talk_total", models.PositiveBigIntegerField(default=0, verbose_name="talk in all, s")),
            ("wait_0", models.PositiveIntegerField(default=0, verbose_name="answered within 5 s")),
            ("wait_1", models.PositiveIntegerField(default=0, verbose_name="within 5–10 s")),
            ("wait_2", models.PositiveIntegerField(default=0, verbose_name="within 10–15 s")),
            ("wait_3", models.PositiveIntegerField(default=0, verbose_name="within 15–20 s")),
            ("wait_4", models.PositiveIntegerField(default=0, verbose_name="within 20–30 s")),
            ("wait_5", models.PositiveIntegerField(default=0, verbose_name="within 30–45 s")),
            ("wait_6", models.PositiveIntegerField(default=0, verbose_name="within 45–60 s")),
            ("wait_7", models.PositiveIntegerField(default=0, verbose_name="within 60–90 s")),
            ("wait_8", models.PositiveIntegerField(default=0, verbose_name="within 90–120 s")),
            ("wait_9", models.PositiveIntegerField(default=0, verbose_name="within 2–5 minutes")),
            ("wait_10", models.PositiveIntegerField(default=0, verbose_name="after more than 5 minutes")),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "calls of a day",
            "verbose_name_plural": "calls by the day",
            "constraints": [
                models.UniqueConstraint(
                    fields=("tenant", "of", "day", "key", "direction"), name="call_tally_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="MissedClient",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("client_number", models.CharField(max_length=20, verbose_name="client")),
            ("client_name", models.CharField(blank=True, max_length=80, verbose_name="caller's name")),
            ("line", models.CharField(blank=True, max_length=100, verbose_name="our line")),
            ("extension", models.CharField(blank=True, max_length=10, verbose_name="who should call back")),
            ("count", models.PositiveIntegerField(default=1, verbose_name="missed calls")),
            ("first_missed_at", models.DateTimeField(verbose_name="first missed")),
            ("last_missed_at", models.DateTimeField(verbose_name="last missed")),
            ("tries", models.PositiveIntegerField(default=0, verbose_name="tries to call back")),
            ("tried_at", models.DateTimeField(null=True, verbose_name="last try")),
            ("cleared_at", models.DateTimeField(null=True, verbose_name="reached")),
            (
                "clearing",
                models.CharField(
                    blank=True,
                    choices=[
                        ("in", "they called again and were answered"),
                        ("out", "they were called back"),
                        ("hand", "marked as done"),
                    ],
                    max_length=4,
                    verbose_name="how",
                ),
            ),
            (
                "cleared_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="telephony.call",
                    verbose_name="reached in the call",
                ),
            ),
            (
                "last_call",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="telephony.call",
                    verbose_name="last missed call",
                ),
            ),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "client not called back",
            "verbose_name_plural": "not called back",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="missed_client_recent"),
                models.Index(
                    condition=models.Q(("cleared_at__isnull", True)),
                    fields=["tenant", "-id"],
                    name="missed_client_open",
                ),
                models.Index(fields=["tenant", "client_number", "-id"], name="missed_client_number"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("cleared_at__isnull", True)),
                    fields=("tenant", "client_number"),
                    name="missed_client_once",
                )
            ],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [
        ("telephony", "0001_initial"),
        ("telephony", "0002_sealed_recordings"),
        ("telephony", "0003_who_answered"),
        ("telephony", "0004_event_sources_and_ami"),
        ("telephony", "0005_listening"),
        ("telephony", "0006_legs"),
        ("telephony", "0007_call_records"),
        ("telephony", "0008_call_rules"),
        ("telephony", "0010_click_to_call"),
        ("telephony", "0011_smart_redirect"),
        ("telephony", "0012_what_people_see"),
    ]

    initial = True

    dependencies = [
        ("integrations", "0010_message_files_and_tryouts"),
        ("tenants", "0008_work_by_group"),
    ]

    operations = [CreateModels(TABLES)]

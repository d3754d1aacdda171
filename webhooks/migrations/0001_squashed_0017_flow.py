"""Endpoints, deliveries, sources and reports, as 0001 to 0017 left them, for databases that have nothing yet."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import config.ids
import tenants.fields
import webhooks.models.capture
import webhooks.models.event_type
import webhooks.models.report
import webhooks.models.source
from config.initial_tables import CreateModels

TABLES = [
    migrations.CreateModel(
        name="Endpoint",
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
                "url",
                tenants.fields.EncryptedTextField(
                    help_text="Events are posted here as JSON.",
                    max_length=2000,
                    validators=[django.core.validators.MaxLengthValidator(2000)],
                    verbose_name="URL",
                ),
            ),
            (
                "events",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Event types such as call.ended; call.* for a group, * for all.",
                    verbose_name="events",
                ),
            ),
            ("description", models.CharField(blank=True, max_length=500, verbose_name="description")),
            (
                "format",
                models.CharField(
                    choices=[
                        ("standard", "Standard Webhooks"),
                        ("cloudevents", "CloudEvents, structured"),
                        ("cloudevents_binary", "CloudEvents, binary"),
                        ("json", "JSON from a template"),
                        ("form", "form fields"),
                        ("text", "plain text"),
                        ("original", "original request"),
                        ("slack", "Slack"),
                        ("discord", "Discord"),
                        ("telegram", "Telegram"),
                        ("teams", "Microsoft Teams"),
                    ],
                    default="standard",
                    max_length=20,
                    verbose_name="format",
                ),
            ),
            (
                "headers",
                tenants.fields.EncryptedJSONField(
                    blank=True,
                    default=dict,
                    help_text="Sent with every request and shown to everybody here: no passwords.",
                    verbose_name="extra headers",
                ),
            ),
            (
                "timeout",
                models.PositiveSmallIntegerField(
                    blank=True,
                    help_text="For the whole request; empty for the installation's default.",
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(60),
                    ],
                    verbose_name="time limit, s",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("enabled", "enabled"), ("disabled", "disabled")],
                    default="enabled",
                    editable=False,
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "disabled_reason",
                models.CharField(blank=True, editable=False, max_length=40, verbose_name="reason"),
            ),
            ("disabled_at", models.DateTimeField(editable=False, null=True, verbose_name="disabled since")),
            ("revision", models.UUIDField(default=uuid.uuid4, editable=False)),
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
            ("host", models.CharField(blank=True, editable=False, max_length=300, verbose_name="host")),
            (
                "filter",
                models.JSONField(
                    blank=True,
                    default=dict,
                    help_text="Conditions on the body of an event; empty for all events of these types.",
                    verbose_name="filter",
                ),
            ),
            ("options", models.JSONField(blank=True, default=dict, verbose_name="options")),
            ("signing", models.JSONField(blank=True, default=dict, verbose_name="signing")),
            (
                "template",
                models.TextField(
                    blank=True,
                    help_text="What the message or the body says, with {{ data.… }} where values stand.",
                    verbose_name="template",
                ),
            ),
            (
                "retries",
                models.CharField(
                    blank=True,
                    help_text="fast (within an hour), standard (three days), long (eight days), none, or delays such as 30s 5m 2h; empty for the installation's own.",
                    max_length=200,
                    verbose_name="retries",
                ),
            ),
            ("enabled_at", models.DateTimeField(editable=False, null=True, verbose_name="enabled again")),
            ("auth", tenants.fields.EncryptedJSONField(blank=True, default=dict, verbose_name="log-in")),
            (
                "certificate_expires_at",
                models.DateTimeField(
                    editable=False, null=True, verbose_name="client certificate valid until"
                ),
            ),
            (
                "proxy",
                tenants.fields.EncryptedTextField(
                    blank=True,
                    default="",
                    help_text="http://host:port or socks5h://host:port; empty for the installation's, if there is one.",
                    max_length=500,
                    verbose_name="proxy",
                ),
            ),
            ("tls", tenants.fields.EncryptedJSONField(blank=True, default=dict, verbose_name="certificates")),
            (
                "batch_size",
                models.PositiveSmallIntegerField(
                    default=1,
                    help_text="1 for one event; more for a JSON array of up to so many, or of 256 KB.",
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(100),
                    ],
                    verbose_name="events in a request",
                ),
            ),
            (
                "concurrency",
                models.PositiveSmallIntegerField(
                    blank=True,
                    help_text="At most, over all workers; empty for no limit.",
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(500),
                    ],
                    verbose_name="requests at a time",
                ),
            ),
            (
                "on_failure",
                models.CharField(
                    choices=[
                        ("skip", "skip it, its number stays missing"),
                        ("block", "wait, and try it again until it is taken or cancelled"),
                    ],
                    default="skip",
                    help_text="When the schedule of retries of an ordered event is over.",
                    max_length=10,
                    verbose_name="what is not taken",
                ),
            ),
            (
                "ordering_key",
                models.CharField(
                    blank=True,
                    help_text="Where in the body it stands, such as data.order_id.",
                    max_length=200,
                    verbose_name="key of the order",
                ),
            ),
            (
                "ordering_mode",
                models.CharField(
                    choices=[
                        ("none", "none: as fast as possible"),
                        ("key", "by a key: one after the other for each value"),
                        ("strict", "strict: one after the other"),
                    ],
                    default="none",
                    max_length=10,
                    verbose_name="order of sending",
                ),
            ),
            (
                "rate_limit",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="In each second or minute, over all workers; empty for no limit.",
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(100000),
                    ],
                    verbose_name="requests at most",
                ),
            ),
            (
                "rate_period",
                models.CharField(
                    choices=[("second", "second"), ("minute", "minute")],
                    default="second",
                    max_length=10,
                    verbose_name="in each",
                ),
            ),
        ],
        options={
            "verbose_name": "endpoint",
            "verbose_name_plural": "endpoints",
            "ordering": ["name"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="endpoint_name")],
        },
    ),
    migrations.CreateModel(
        name="Delivery",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("event_type", models.CharField(max_length=100, verbose_name="event type")),
            ("variant", models.CharField(default="standard", editable=False, max_length=60)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "pending"),
                        ("done", "delivered"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                        ("parked", "parked"),
                    ],
                    default="pending",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "trigger",
                models.CharField(
                    choices=[("auto", "automatic"), ("manual", "by hand"), ("test", "test")],
                    default="auto",
                    max_length=10,
                    verbose_name="trigger",
                ),
            ),
            ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
            ("tries", models.PositiveIntegerField(default=0, help_text="Attempts since it was last queued.")),
            ("last_status", models.PositiveSmallIntegerField(null=True, verbose_name="last status")),
            ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
            ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
            ("next_due", models.DateTimeField(null=True, verbose_name="next attempt")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
            (
                "event",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.event",
                    verbose_name="event",
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
                "endpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="deliveries",
                    to="webhooks.endpoint",
                    verbose_name="endpoint",
                ),
            ),
            ("batch", models.UUIDField(null=True, verbose_name="batch of events")),
            ("seq", models.BigIntegerField(null=True, verbose_name="number in the order")),
            ("stream", models.CharField(max_length=80, null=True)),
        ],
        options={
            "verbose_name": "delivery",
            "verbose_name_plural": "deliveries",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="delivery_recent"),
                models.Index(fields=["endpoint", "-id"], name="delivery_endpoint_recent"),
                models.Index(fields=["tenant", "event_type", "-id"], name="delivery_type_recent"),
                models.Index(
                    condition=models.Q(("trigger", "auto"), _negated=True),
                    fields=["tenant", "trigger", "-id"],
                    name="delivery_by_hand",
                ),
                models.Index(
                    condition=models.Q(("state", "done"), _negated=True),
                    fields=["tenant", "state", "-id"],
                    name="delivery_unwell",
                ),
                models.Index(
                    condition=models.Q(("state", "done"), _negated=True),
                    fields=["endpoint", "state", "-id"],
                    name="delivery_endpoint_unwell",
                ),
                models.Index(
                    condition=models.Q(("state", "pending"), ("stream__isnull", False)),
                    fields=["endpoint", "stream", "seq"],
                    name="delivery_stream",
                ),
                models.Index(
                    condition=models.Q(("batch__isnull", False), ("state", "pending")),
                    fields=["batch"],
                    name="delivery_batch",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("event", "endpoint"), name="delivery_once")],
        },
    ),
    migrations.CreateModel(
        name="EndpointSecret",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("secret", tenants.fields.EncryptedTextField(verbose_name="secret")),
            ("expires_at", models.DateTimeField(null=True, verbose_name="expires")),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="secrets",
                    to="webhooks.endpoint",
                    verbose_name="endpoint",
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
            "verbose_name": "signing secret",
            "verbose_name_plural": "signing secrets",
            "ordering": ["-id"],
        },
    ),
    migrations.CreateModel(
        name="Payload",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("variant", models.CharField(default="standard", max_length=60)),
            ("content_type", models.CharField(default="application/json", max_length=100)),
            ("body", models.BinaryField()),
            (
                "event",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.event",
                    verbose_name="event",
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
            ("hops", models.PositiveSmallIntegerField(db_default=0)),
            ("headers", models.TextField(blank=True, db_default="")),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("event", "variant"), name="payload_variant")],
        },
    ),
    migrations.CreateModel(
        name="Attempt",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("n", models.PositiveIntegerField(verbose_name="number")),
            (
                "trigger",
                models.CharField(
                    choices=[("auto", "automatic"), ("manual", "by hand"), ("test", "test")],
                    max_length=10,
                    verbose_name="trigger",
                ),
            ),
            ("started_at", models.DateTimeField(verbose_name="started")),
            ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
            ("error", models.CharField(blank=True, max_length=40, verbose_name="error")),
            ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
            ("dns_ms", models.FloatField(null=True)),
            ("connect_ms", models.FloatField(null=True)),
            ("tls_ms", models.FloatField(null=True)),
            ("first_byte_ms", models.FloatField(null=True)),
            ("total_ms", models.FloatField(default=0, verbose_name="ms")),
            ("is_reused", models.BooleanField(default=False, verbose_name="kept connection")),
            ("request_headers", models.TextField(blank=True)),
            ("response_headers", models.TextField(blank=True)),
            ("response_body", models.TextField(blank=True)),
            ("is_cut", models.BooleanField(default=False)),
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
                "delivery",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="tries_made",
                    to="webhooks.delivery",
                    verbose_name="delivery",
                ),
            ),
        ],
        options={
            "verbose_name": "attempt",
            "verbose_name_plural": "attempts",
            "ordering": ["n"],
            "constraints": [models.UniqueConstraint(fields=("delivery", "n"), name="attempt_number")],
        },
    ),
    migrations.CreateModel(
        name="Source",
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
                "preset",
                models.CharField(
                    help_text="Cannot be changed later: it is a part of the URL.",
                    max_length=40,
                    verbose_name="sender",
                ),
            ),
            (
                "public_id",
                models.CharField(
                    default=webhooks.models.source.new_public_id,
                    editable=False,
                    max_length=64,
                    unique=True,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Za-z0-9_-]{16,64}\\Z", "16 to 64 letters, digits, _ and -."
                        )
                    ],
                    verbose_name="identifier in the URL",
                ),
            ),
            ("secret", tenants.fields.EncryptedTextField(verbose_name="secret")),
            (
                "previous_secret",
                tenants.fields.EncryptedTextField(
                    blank=True, editable=False, null=True, verbose_name="former secret"
                ),
            ),
            (
                "previous_until",
                models.DateTimeField(editable=False, null=True, verbose_name="former secret valid until"),
            ),
            ("options", models.JSONField(blank=True, default=dict, verbose_name="options")),
            (
                "tolerance",
                models.PositiveIntegerField(
                    default=300,
                    help_text="How old a signed timestamp may be, where the sender has one.",
                    validators=[
                        django.core.validators.MinValueValidator(10),
                        django.core.validators.MaxValueValidator(86400),
                    ],
                    verbose_name="tolerance, s",
                ),
            ),
            ("description", models.CharField(blank=True, max_length=500, verbose_name="description")),
            (
                "is_enabled",
                models.BooleanField(
                    default=True,
                    help_text="Requests to a switched-off source are answered with 404.",
                    verbose_name="enabled",
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
                "owner",
                models.CharField(
                    blank=True,
                    editable=False,
                    help_text="What it was made for (webhooks.owners); empty for a source of its own.",
                    max_length=40,
                    verbose_name="belongs to",
                ),
            ),
            (
                "expected",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Names as the sender writes them; a star at the end stands for any rest, such as orders/*.",
                    verbose_name="expected events",
                ),
            ),
            (
                "former_secrets",
                tenants.fields.EncryptedJSONField(
                    default=None,
                    editable=False,
                    help_text="Those before the former one that are still valid: pairs of secret and moment.",
                    null=True,
                    verbose_name="older secrets",
                ),
            ),
            (
                "intake",
                models.CharField(
                    choices=[
                        ("all", "all events"),
                        ("listed", "only the listed ones; others are kept aside"),
                        ("learning", "all events, and their names are added to the list"),
                    ],
                    default="all",
                    max_length=10,
                    verbose_name="events taken",
                ),
            ),
            (
                "relay",
                models.CharField(
                    blank=True,
                    help_text="Empty: requests become inbound.received only. A group such as shop.* publishes each also as shop. and the sender's event, a name such as shop.news all of them under that one.",
                    max_length=60,
                    verbose_name="publish as",
                ),
            ),
            (
                "relay_headers",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Names of the sender's headers that subscribers see, such as x-shopify-shop-domain.",
                    verbose_name="headers handed on",
                ),
            ),
            (
                "relay_original",
                models.BooleanField(
                    default=False,
                    help_text="For endpoints of the format “original request”.",
                    verbose_name="hand on the original bytes",
                ),
            ),
        ],
        options={
            "verbose_name": "source",
            "verbose_name_plural": "sources",
            "ordering": ["name"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="source_name")],
        },
    ),
    migrations.CreateModel(
        name="Inbound",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "dedup_key",
                models.CharField(
                    help_text="A second request with the same one is a repeat.",
                    max_length=150,
                    verbose_name="identity",
                ),
            ),
            (
                "is_former_secret",
                models.BooleanField(default=False, verbose_name="signed with the former secret"),
            ),
            ("address", models.CharField(blank=True, max_length=45, verbose_name="sender's address")),
            (
                "query",
                tenants.fields.EncryptedTextField(
                    blank=True, default="", max_length=2000, verbose_name="parameters of the URL"
                ),
            ),
            ("headers", tenants.fields.EncryptedJSONField(default=dict, verbose_name="headers")),
            ("content_type", models.CharField(blank=True, max_length=200, verbose_name="content type")),
            ("body", tenants.fields.EncryptedBytesField(verbose_name="body")),
            ("event_type", models.CharField(blank=True, max_length=200, verbose_name="event")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("received", "received"),
                        ("processed", "processed"),
                        ("failed", "failed"),
                        ("aside", "kept aside"),
                        ("dropped", "dropped"),
                    ],
                    default="received",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
            ("replays", models.PositiveIntegerField(default=0, verbose_name="replays")),
            ("processed_at", models.DateTimeField(null=True, verbose_name="processed at")),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
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
                "source",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="inbound",
                    to="webhooks.source",
                    verbose_name="source",
                ),
            ),
            ("handled_at", models.DateTimeField(null=True, verbose_name="handled at")),
            (
                "handling",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "not passed on"),
                        ("waiting", "waiting"),
                        ("parked", "paused"),
                        ("done", "done"),
                        ("unneeded", "not needed"),
                        ("failed", "failed"),
                    ],
                    db_default="",
                    default="",
                    max_length=10,
                    verbose_name="handling",
                ),
            ),
            (
                "outcomes",
                tenants.fields.EncryptedJSONField(default=None, null=True, verbose_name="what it came to"),
            ),
        ],
        options={
            "verbose_name": "inbound request",
            "verbose_name_plural": "inbound requests",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="inbound_recent"),
                models.Index(fields=["source", "-id"], name="inbound_source_recent"),
                models.Index(fields=["correlation_id"], name="inbound_correlation"),
                models.Index(
                    condition=models.Q(("state", "processed"), _negated=True),
                    fields=["tenant", "state", "-id"],
                    name="inbound_unwell",
                ),
                models.Index(
                    condition=models.Q(("handling", "parked")), fields=["source", "id"], name="inbound_parked"
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("source", "dedup_key"), name="inbound_once")],
        },
    ),
    migrations.CreateModel(
        name="SourceTally",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("rejected", models.PositiveBigIntegerField(default=0, verbose_name="refused")),
            ("rejected_at", models.DateTimeField(null=True, verbose_name="last refused")),
            ("rejected_reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
            ("duplicates", models.PositiveBigIntegerField(default=0, verbose_name="repeats")),
            (
                "source",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="tally",
                    to="webhooks.source",
                    verbose_name="source",
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
                "samples",
                models.JSONField(
                    default=list,
                    help_text="The newest: names and sizes, never values.",
                    verbose_name="refused requests",
                ),
            ),
        ],
        options={
            "verbose_name": "tally",
            "verbose_name_plural": "tallies",
        },
    ),
    migrations.CreateModel(
        name="OwnEventType",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "name",
                models.CharField(
                    help_text="Dotted, of small letters, digits and underscores, such as shop.cart.abandoned.",
                    max_length=100,
                    verbose_name="event type",
                ),
            ),
            ("title", models.CharField(max_length=200, verbose_name="title")),
            ("description", models.CharField(blank=True, max_length=1000, verbose_name="description")),
            (
                "schema",
                models.JSONField(
                    default=webhooks.models.event_type.any_object,
                    help_text="JSON Schema of the data. What contradicts it is refused when it is published.",
                    verbose_name="schema",
                ),
            ),
            ("example", models.JSONField(blank=True, default=dict, verbose_name="example")),
            ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
            (
                "deprecation",
                models.CharField(
                    blank=True,
                    help_text="What to use instead. It can be published as before, and subscribers see the remark.",
                    max_length=300,
                    verbose_name="deprecated",
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
            "verbose_name": "own event type",
            "verbose_name_plural": "own event types",
            "ordering": ["name"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="own_event_type_name")],
        },
    ),
    migrations.CreateModel(
        name="EndpointTally",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("hour", models.DateTimeField()),
            ("shard", models.PositiveSmallIntegerField(default=0)),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("delivered", "delivered"),
                        ("retried", "tried again later"),
                        ("given_up", "given up"),
                    ],
                    max_length=10,
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=40)),
            ("duration", models.PositiveSmallIntegerField(default=0)),
            ("count", models.PositiveBigIntegerField(default=0)),
            (
                "endpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="tallies",
                    to="webhooks.endpoint",
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
            "verbose_name": "tally",
            "verbose_name_plural": "tallies",
            "indexes": [
                models.Index(fields=["tenant", "hour"], name="endpoint_tally_tenant"),
                models.Index(fields=["hour"], name="endpoint_tally_hour"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("endpoint", "hour", "shard", "outcome", "reason", "duration"),
                    name="endpoint_tally",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="EndpointTrouble",
        fields=[
            (
                "endpoint",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="trouble",
                    serialize=False,
                    to="webhooks.endpoint",
                ),
            ),
            ("since", models.DateTimeField(verbose_name="failing since")),
            ("reason", models.CharField(max_length=40, verbose_name="reason")),
            ("warnings", models.PositiveSmallIntegerField(default=1)),
            ("warned_at", models.DateTimeField()),
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
            "verbose_name": "endpoint in trouble",
            "verbose_name_plural": "endpoints in trouble",
        },
    ),
    migrations.CreateModel(
        name="Letter",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("about", models.UUIDField()),
            ("address", models.EmailField(max_length=254, verbose_name="e-mail")),
            ("subject", models.CharField(max_length=300, verbose_name="subject")),
            ("text", models.TextField(verbose_name="text")),
            ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
            ("failure", models.CharField(blank=True, max_length=40, verbose_name="failure")),
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
            "verbose_name": "mail",
            "verbose_name_plural": "mails",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["about"], name="letter_about")],
        },
    ),
    migrations.CreateModel(
        name="Report",
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
                "rhythm",
                models.CharField(
                    choices=[
                        ("daily", "every day, of the day before"),
                        ("weekly", "every week, of the seven days before"),
                    ],
                    default="daily",
                    max_length=6,
                    verbose_name="how often",
                ),
            ),
            (
                "at",
                models.TimeField(
                    default=webhooks.models.report.nine,
                    help_text="In the company's time zone.",
                    verbose_name="at",
                ),
            ),
            (
                "weekday",
                models.PositiveSmallIntegerField(
                    choices=[
                        (1, "Monday"),
                        (2, "Tuesday"),
                        (3, "Wednesday"),
                        (4, "Thursday"),
                        (5, "Friday"),
                        (6, "Saturday"),
                        (7, "Sunday"),
                    ],
                    default=1,
                    help_text="For weekly ones.",
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(7),
                    ],
                    verbose_name="on",
                ),
            ),
            (
                "sections",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="None chosen means all, also those to come.",
                    verbose_name="parts",
                ),
            ),
            (
                "endpoints",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Beside those that subscribe to report.daily or report.weekly.",
                    verbose_name="endpoints",
                ),
            ),
            (
                "addresses",
                models.JSONField(
                    blank=True, default=list, help_text="Addresses, at most 50.", verbose_name="e-mail"
                ),
            ),
            (
                "skips_quiet",
                models.BooleanField(
                    default=False,
                    help_text="A day or week without a single event is passed over.",
                    verbose_name="not when nothing happened",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            ("next_due_at", models.DateTimeField(editable=False, null=True, verbose_name="next one")),
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
            "verbose_name": "report",
            "verbose_name_plural": "reports",
            "ordering": ["name"],
            "indexes": [
                models.Index(
                    condition=models.Q(("is_enabled", True)), fields=["next_due_at"], name="report_due"
                )
            ],
            "constraints": [models.UniqueConstraint(fields=("tenant", "name"), name="report_name")],
        },
    ),
    migrations.CreateModel(
        name="ReportRun",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("since", models.DateTimeField(verbose_name="from")),
            ("until", models.DateTimeField(verbose_name="until")),
            (
                "occurrence",
                models.CharField(
                    choices=[("schedule", "by schedule"), ("hand", "by hand")],
                    max_length=8,
                    verbose_name="made",
                ),
            ),
            ("asked_by", models.CharField(blank=True, max_length=200, verbose_name="asked for by")),
            ("event", models.UUIDField(null=True, verbose_name="event")),
            ("summary", models.CharField(blank=True, max_length=500, verbose_name="summary")),
            ("mails", models.PositiveSmallIntegerField(default=0, verbose_name="mails")),
            (
                "report",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="runs",
                    to="webhooks.report",
                    verbose_name="report",
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
            "verbose_name": "sent report",
            "verbose_name_plural": "sent reports",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["report", "-id"], name="report_run_recent")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("occurrence", "schedule")),
                    fields=("report", "since", "until"),
                    name="report_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Capture",
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
                "public_id",
                models.CharField(
                    default=webhooks.models.source.new_public_id,
                    editable=False,
                    max_length=64,
                    unique=True,
                    verbose_name="identifier in the URL",
                ),
            ),
            (
                "expires_at",
                models.DateTimeField(
                    default=webhooks.models.capture.end_of_capture,
                    editable=False,
                    verbose_name="records until",
                ),
            ),
            ("requests", models.PositiveIntegerField(default=0, editable=False, verbose_name="requests")),
            ("secret", tenants.fields.EncryptedTextField(editable=False, null=True, verbose_name="secret")),
            (
                "source",
                models.OneToOneField(
                    editable=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="capture",
                    to="webhooks.source",
                    verbose_name="source",
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
            "verbose_name": "capture of requests",
            "verbose_name_plural": "captures of requests",
            "ordering": ["-id"],
        },
    ),
    migrations.CreateModel(
        name="CapturedRequest",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("method", models.CharField(max_length=10, verbose_name="method")),
            ("address", models.CharField(blank=True, max_length=45, verbose_name="sender's address")),
            (
                "query",
                tenants.fields.EncryptedTextField(
                    blank=True, default="", verbose_name="parameters of the URL"
                ),
            ),
            ("headers", tenants.fields.EncryptedJSONField(default=dict, verbose_name="headers")),
            ("body", tenants.fields.EncryptedBytesField(verbose_name="body")),
            (
                "capture",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="captured",
                    to="webhooks.capture",
                    verbose_name="capture",
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
            "verbose_name": "captured request",
            "verbose_name_plural": "captured requests",
            "ordering": ["id"],
        },
    ),
    migrations.CreateModel(
        name="InboundReplay",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "wanted_state",
                models.CharField(
                    blank=True,
                    choices=[
                        ("received", "received"),
                        ("processed", "processed"),
                        ("failed", "failed"),
                        ("aside", "kept aside"),
                        ("dropped", "dropped"),
                    ],
                    max_length=10,
                    verbose_name="state of the requests",
                ),
            ),
            ("event", models.CharField(blank=True, max_length=200, verbose_name="event")),
            ("since", models.DateTimeField(null=True, verbose_name="since")),
            ("until", models.DateTimeField(verbose_name="until")),
            (
                "state",
                models.CharField(
                    choices=[("running", "running"), ("done", "done"), ("cancelled", "cancelled")],
                    default="running",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("total", models.PositiveIntegerField(default=0, verbose_name="requests")),
            ("done", models.PositiveIntegerField(default=0, verbose_name="queued")),
            ("last", models.UUIDField(editable=False, null=True)),
            ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
            (
                "source",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="webhooks.source",
                    verbose_name="source",
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
            "verbose_name": "processing again",
            "verbose_name_plural": "processing again",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="inbound_replay_recent")],
        },
    ),
    migrations.CreateModel(
        name="EndpointToken",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("access_token", tenants.fields.EncryptedTextField(blank=True, default="")),
            ("asked_with", models.CharField(blank=True, editable=False, max_length=64)),
            ("version", models.PositiveIntegerField(default=0)),
            ("obtained_at", models.DateTimeField(null=True, verbose_name="obtained")),
            ("expires_at", models.DateTimeField(null=True, verbose_name="valid until")),
            ("lease", models.UUIDField(editable=False, null=True)),
            ("lease_until", models.DateTimeField(editable=False, null=True)),
            ("failures", models.PositiveIntegerField(default=0, editable=False)),
            ("doubted_at", models.DateTimeField(editable=False, null=True)),
            (
                "endpoint",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="token",
                    to="webhooks.endpoint",
                    verbose_name="endpoint",
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
            "verbose_name": "access token",
            "verbose_name_plural": "access tokens",
        },
    ),
    migrations.CreateModel(
        name="MassAction",
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
                        ("replay", "send again"),
                        ("missing", "send what was never sent"),
                        ("cancel", "cancel"),
                    ],
                    max_length=10,
                    verbose_name="what is done",
                ),
            ),
            ("wanted", models.JSONField(default=dict, verbose_name="which")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "pending"),
                        ("running", "running"),
                        ("done", "done"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                    ],
                    default="pending",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("total", models.PositiveIntegerField(default=0, verbose_name="counted")),
            ("seen", models.PositiveIntegerField(default=0, verbose_name="looked at")),
            ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
            ("reached", models.UUIDField(editable=False, null=True)),
            ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
            ("made_by", models.CharField(blank=True, editable=False, max_length=200, verbose_name="made by")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            (
                "endpoint",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="mass_actions",
                    to="webhooks.endpoint",
                    verbose_name="endpoint",
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
            "verbose_name": "mass action",
            "verbose_name_plural": "mass actions",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="mass_action_recent")],
        },
    ),
    migrations.CreateModel(
        name="PortalLink",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("name", models.CharField(max_length=100, verbose_name="for whom")),
            ("digest", models.CharField(editable=False, max_length=64, unique=True)),
            (
                "may_change",
                models.BooleanField(
                    default=True,
                    help_text="Otherwise it only shows what was sent.",
                    verbose_name="may send again, test and change the secret",
                ),
            ),
            ("expires_at", models.DateTimeField(verbose_name="valid until")),
            ("revoked_at", models.DateTimeField(editable=False, null=True, verbose_name="taken back")),
            ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
            ("made_by", models.CharField(blank=True, editable=False, max_length=200, verbose_name="made by")),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="portal_links",
                    to="webhooks.endpoint",
                    verbose_name="endpoint",
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
            "verbose_name": "link for developers",
            "verbose_name_plural": "links for developers",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="portal_link_recent")],
        },
    ),
    migrations.CreateModel(
        name="EndpointFlow",
        fields=[
            (
                "endpoint",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="flow",
                    serialize=False,
                    to="webhooks.endpoint",
                ),
            ),
            ("last_seq", models.BigIntegerField(default=0)),
            ("next_slot", models.FloatField(default=0)),
            ("shares", models.JSONField(default=dict)),
            (
                "breaker",
                models.CharField(
                    choices=[("closed", "answers"), ("open", "left alone"), ("recovering", "recovering")],
                    default="closed",
                    max_length=10,
                    verbose_name="circuit breaker",
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=40, verbose_name="reason")),
            ("opened_at", models.DateTimeField(null=True, verbose_name="since")),
            ("probe_at", models.DateTimeField(null=True, verbose_name="next probe")),
            ("openings", models.PositiveSmallIntegerField(default=0)),
            ("width", models.PositiveSmallIntegerField(default=0)),
            ("passed", models.PositiveSmallIntegerField(default=0)),
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
            "verbose_name": "flow",
            "verbose_name_plural": "flows",
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [
        ("webhooks", "0001_initial"),
        ("webhooks", "0002_sources"),
        ("webhooks", "0003_sealed_headers"),
        ("webhooks", "0004_sealed_urls_and_requests"),
        ("webhooks", "0005_hops"),
        ("webhooks", "0006_correlation_by_event"),
        ("webhooks", "0007_own_event_types"),
        ("webhooks", "0008_endpoint_filter"),
        ("webhooks", "0009_endpoint_formats"),
        ("webhooks", "0010_endpoint_retries"),
        ("webhooks", "0011_endpoint_tallies"),
        ("webhooks", "0012_endpoint_trouble"),
        ("webhooks", "0013_owned_sources"),
        ("webhooks", "0014_reports"),
        ("webhooks", "0015_inbound"),
        ("webhooks", "0016_receiver_auth"),
        ("webhooks", "0017_flow"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0008_work_by_group"),
    ]

    operations = [CreateModels(TABLES)]

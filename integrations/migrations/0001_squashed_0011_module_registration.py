"""Integrations, records, messages and merges, as 0001 to 0011 left them, for databases that have nothing yet."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import config.ids
import integrations.models.integration
import integrations.records.messages
import tenants.fields
from config.initial_tables import CreateModels

TABLES = [
    migrations.CreateModel(
        name="Integration",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("connector", models.CharField(max_length=40, verbose_name="system")),
            ("name", models.CharField(max_length=200, verbose_name="name")),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
            (
                "credentials",
                tenants.fields.EncryptedJSONField(blank=True, default=dict, verbose_name="credentials"),
            ),
            (
                "own_secrets",
                tenants.fields.EncryptedJSONField(blank=True, default=dict, verbose_name="keys made by us"),
            ),
            ("client_digest", models.CharField(editable=False, max_length=64, null=True, unique=True)),
            ("version", models.PositiveIntegerField(default=1, editable=False)),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "health",
                models.CharField(
                    choices=[
                        ("unknown", "not tried yet"),
                        ("ok", "working"),
                        ("degraded", "unsteady"),
                        ("failing", "failing"),
                        ("misconfigured", "needs attention"),
                    ],
                    default="unknown",
                    editable=False,
                    max_length=14,
                    verbose_name="health",
                ),
            ),
            ("health_code", models.CharField(blank=True, editable=False, max_length=40)),
            ("health_reason", models.TextField(blank=True, editable=False, verbose_name="reason")),
            ("health_since", models.DateTimeField(editable=False, null=True, verbose_name="since")),
            ("failures_in_row", models.PositiveIntegerField(default=0, editable=False)),
            ("successes_in_row", models.PositiveIntegerField(default=0, editable=False)),
            ("last_success_at", models.DateTimeField(editable=False, null=True, verbose_name="last success")),
            ("last_failure_at", models.DateTimeField(editable=False, null=True, verbose_name="last failure")),
            (
                "is_registered",
                models.BooleanField(default=False, editable=False, verbose_name="module registered"),
            ),
            ("directory_wanted", models.PositiveIntegerField(default=0, editable=False)),
            ("directory_pushed", models.PositiveIntegerField(default=0, editable=False)),
            (
                "directory_pushed_at",
                models.DateTimeField(editable=False, null=True, verbose_name="extensions pushed"),
            ),
            (
                "directory_error",
                models.TextField(
                    blank=True, editable=False, verbose_name="why the extensions were not pushed"
                ),
            ),
            ("users_loaded_at", models.DateTimeField(editable=False, null=True, verbose_name="users loaded")),
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
                "source",
                models.OneToOneField(
                    editable=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="integration",
                    to="webhooks.source",
                    verbose_name="source",
                ),
            ),
            ("alert_state", models.CharField(blank=True, editable=False, max_length=14)),
            ("alerted_at", models.DateTimeField(editable=False, null=True, verbose_name="members told")),
            ("changes_since_alert", models.PositiveIntegerField(default=0, editable=False)),
            (
                "credentials_expire_at",
                models.DateTimeField(editable=False, null=True, verbose_name="credentials expire"),
            ),
            ("expiry_told_of", models.DateTimeField(editable=False, null=True)),
            (
                "hooks_checked_at",
                models.DateTimeField(editable=False, null=True, verbose_name="subscription checked"),
            ),
            (
                "hooks_problem",
                models.TextField(
                    blank=True, editable=False, verbose_name="what is wrong with the subscription"
                ),
            ),
            (
                "hooks_since",
                models.DateTimeField(editable=False, null=True, verbose_name="waiting for requests since"),
            ),
            ("hooks_wanted", models.BooleanField(default=False, editable=False, verbose_name="subscribed")),
            (
                "next_check_at",
                models.DateTimeField(
                    default=integrations.models.integration.first_check,
                    editable=False,
                    verbose_name="next check",
                ),
            ),
            ("paused_at", models.DateTimeField(editable=False, null=True, verbose_name="paused")),
            (
                "paused_reason",
                models.CharField(
                    blank=True, editable=False, max_length=300, verbose_name="why it was paused"
                ),
            ),
            (
                "directory_check_error",
                models.TextField(
                    blank=True, editable=False, verbose_name="why the extensions were not compared"
                ),
            ),
            (
                "directory_checked_at",
                models.DateTimeField(editable=False, null=True, verbose_name="extensions compared"),
            ),
            ("directory_taken", models.JSONField(default=list, editable=False)),
            ("former_client_digest", models.CharField(editable=False, max_length=64, null=True, unique=True)),
            ("former_client_until", models.DateTimeField(editable=False, null=True)),
            (
                "is_stopped_there",
                models.BooleanField(
                    default=False, editable=False, verbose_name="paused by the outside system"
                ),
            ),
            (
                "module_active",
                models.BooleanField(editable=False, null=True, verbose_name="switched on there"),
            ),
            (
                "module_address",
                models.CharField(
                    blank=True, editable=False, max_length=300, verbose_name="address that it says it has"
                ),
            ),
            (
                "module_frozen",
                models.BooleanField(default=False, editable=False, verbose_name="frozen there"),
            ),
            (
                "module_told_at",
                models.DateTimeField(editable=False, null=True, verbose_name="told of the module"),
            ),
        ],
        options={
            "verbose_name": "integration",
            "verbose_name_plural": "integrations",
            "ordering": ["name", "id"],
            "indexes": [
                models.Index(
                    condition=models.Q(("is_enabled", True)), fields=["next_check_at"], name="integration_due"
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "name"), name="integration_name"),
                models.CheckConstraint(
                    condition=models.Q(("directory_pushed__lte", models.F("directory_wanted"))),
                    name="integration_pushed_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Breaker",
        fields=[
            (
                "integration",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="breaker",
                    serialize=False,
                    to="integrations.integration",
                ),
            ),
            ("openings", models.PositiveIntegerField(default=1)),
            ("opened_at", models.DateTimeField()),
            ("open_until", models.DateTimeField()),
            ("probe_until", models.DateTimeField(null=True)),
            ("code", models.CharField(max_length=40)),
            ("reason", models.TextField(blank=True)),
        ],
    ),
    migrations.CreateModel(
        name="Exchange",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
            ("subject", models.UUIDField(null=True, verbose_name="subject")),
            (
                "way",
                models.CharField(
                    choices=[("out", "we asked"), ("in", "they asked")],
                    default="out",
                    max_length=3,
                    verbose_name="direction",
                ),
            ),
            ("operation", models.CharField(max_length=100, verbose_name="operation")),
            ("method", models.CharField(max_length=10, verbose_name="method")),
            ("url", models.TextField(verbose_name="address")),
            ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
            ("error", models.CharField(blank=True, max_length=40, verbose_name="error")),
            ("error_text", models.TextField(blank=True, verbose_name="what went wrong")),
            ("request_headers", models.JSONField(default=dict, verbose_name="request headers")),
            ("request_body", models.TextField(blank=True, verbose_name="request body")),
            ("response_headers", models.JSONField(default=dict, verbose_name="response headers")),
            ("response_body", models.TextField(blank=True, verbose_name="response body")),
            ("started_at", models.DateTimeField(verbose_name="started")),
            ("duration_ms", models.PositiveIntegerField(verbose_name="milliseconds")),
            ("timings", models.JSONField(default=dict, verbose_name="timings, ms")),
            ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="exchanges",
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
            "verbose_name": "exchange",
            "verbose_name_plural": "exchanges",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="exchange_tenant"),
                models.Index(fields=["integration", "-id"], name="exchange_integration"),
                models.Index(fields=["correlation_id"], name="exchange_correlation"),
                models.Index(
                    condition=models.Q(("subject__isnull", False)),
                    fields=["subject"],
                    name="exchange_subject",
                ),
                models.Index(
                    condition=models.Q(("error", ""), _negated=True),
                    fields=["tenant", "-id"],
                    name="exchange_failed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ExtensionAssignment",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_user_id", models.CharField(max_length=100, verbose_name="their id")),
            ("extension", models.CharField(max_length=10, verbose_name="extension")),
            ("valid_from", models.DateTimeField(verbose_name="from")),
            ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="until")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="assignments",
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
            "verbose_name": "extension assignment",
            "verbose_name_plural": "extension assignments",
            "ordering": ["extension", "-id"],
            "indexes": [models.Index(fields=["integration", "-id"], name="assignment_history")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("valid_to__isnull", True)),
                    fields=("integration", "extension"),
                    name="assignment_one_manager",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("valid_to__isnull", True)),
                    fields=("integration", "outside_user_id"),
                    name="assignment_one_number",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                    ),
                    name="assignment_order",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="MappingProblem",
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
                        ("extension", "unknown extension"),
                        ("user", "unknown user"),
                        ("site", "unknown shop"),
                    ],
                    max_length=20,
                    verbose_name="kind",
                ),
            ),
            ("value", models.CharField(max_length=100, verbose_name="value")),
            ("times", models.PositiveIntegerField(default=1, verbose_name="times")),
            ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
            ("resolved_at", models.DateTimeField(blank=True, null=True, verbose_name="resolved")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="problems",
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
            "verbose_name": "mapping problem",
            "verbose_name_plural": "mapping problems",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["integration", "-id"], name="problem_recent")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("resolved_at__isnull", True)),
                    fields=("integration", "kind", "value"),
                    name="problem_open",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="OutsideUser",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_id", models.CharField(max_length=100, verbose_name="their id")),
            ("name", models.CharField(blank=True, max_length=300, verbose_name="name")),
            ("email", models.CharField(blank=True, max_length=320, verbose_name="e-mail")),
            ("extension", models.CharField(blank=True, max_length=40, verbose_name="extension there")),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="users",
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
            "verbose_name": "outside user",
            "verbose_name_plural": "outside users",
            "ordering": ["name", "outside_id"],
            "constraints": [
                models.UniqueConstraint(fields=("integration", "outside_id"), name="outside_user_id")
            ],
        },
    ),
    migrations.CreateModel(
        name="RateBucket",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("name", models.CharField(max_length=40)),
            ("arrival", models.FloatField(default=0)),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("integration", "name"), name="rate_bucket")],
        },
    ),
    migrations.CreateModel(
        name="Handoff",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("digest", models.CharField(editable=False, max_length=64, unique=True)),
            ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
            ("expires_at", models.DateTimeField(db_index=True, verbose_name="valid until")),
            ("used_at", models.DateTimeField(null=True, verbose_name="used")),
            ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
            (
                "integration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="handoffs",
                    to="integrations.integration",
                ),
            ),
            (
                "member",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.member"
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
            "verbose_name": "hand-off ticket",
            "verbose_name_plural": "hand-off tickets",
        },
    ),
    migrations.CreateModel(
        name="AlertChoice",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("wants_mail", models.BooleanField(verbose_name="mails about integrations")),
            (
                "member",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="integration_alerts",
                    to="tenants.member",
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
            "verbose_name": "choice of alerts",
            "verbose_name_plural": "choices of alerts",
        },
    ),
    migrations.CreateModel(
        name="AlertLetter",
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
                        ("failing", "stopped working"),
                        ("recovered", "works again"),
                        ("expiring", "credentials expire"),
                    ],
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            ("since", models.DateTimeField(null=True, verbose_name="since")),
            ("changes", models.PositiveIntegerField(default=1, verbose_name="changes meanwhile")),
            ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
            ("failure", models.CharField(blank=True, max_length=40, verbose_name="why it was not sent")),
            (
                "integration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="letters",
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
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "verbose_name": "mail about an integration",
            "verbose_name_plural": "mails about integrations",
        },
    ),
    migrations.CreateModel(
        name="Link",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("outside_id", models.CharField(max_length=200, verbose_name="their id")),
            ("record_id", models.UUIDField(verbose_name="record")),
            ("their_hash", models.CharField(blank=True, max_length=32)),
            ("theirs", models.JSONField(default=dict)),
            ("ours", models.JSONField(default=dict)),
            ("is_written", models.BooleanField(default=False)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("active", "in step"),
                        ("deleted", "deleted there"),
                        ("conflict", "waits for a decision"),
                        ("failed", "could not be written there"),
                    ],
                    default="active",
                    max_length=8,
                    verbose_name="status",
                ),
            ),
            ("error", models.TextField(blank=True, verbose_name="error")),
            ("seen_run", models.UUIDField(null=True)),
            (
                "synced_at",
                models.DateTimeField(default=django.utils.timezone.now, verbose_name="last in step"),
            ),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="links",
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
            ("is_moved", models.BooleanField(default=False)),
            ("parts", models.JSONField(null=True)),
        ],
        options={
            "verbose_name": "link",
            "verbose_name_plural": "links",
            "indexes": [models.Index(fields=["record_id"], name="link_record")],
            "constraints": [
                models.UniqueConstraint(fields=("integration", "kind", "outside_id"), name="link_outside_id")
            ],
        },
    ),
    migrations.CreateModel(
        name="Order",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("number", models.CharField(blank=True, max_length=200, verbose_name="number")),
            (
                "status",
                models.CharField(
                    choices=[
                        ("new", "new"),
                        ("confirmed", "confirmed"),
                        ("assembling", "being assembled"),
                        ("shipped", "on its way"),
                        ("delivered", "delivered"),
                        ("cancelled", "cancelled"),
                        ("returned", "returned"),
                        ("unknown", "unknown"),
                    ],
                    default="unknown",
                    max_length=12,
                    verbose_name="status",
                ),
            ),
            ("original_status", models.CharField(blank=True, max_length=200, verbose_name="status there")),
            (
                "total",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="total"
                ),
            ),
            ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            (
                "delivery_cost",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="cost of delivery"
                ),
            ),
            ("is_paid", models.BooleanField(blank=True, null=True, verbose_name="paid")),
            (
                "responsible_id",
                models.CharField(blank=True, max_length=200, verbose_name="responsible user there"),
            ),
            ("buyer", models.TextField(blank=True, verbose_name="buyer")),
            ("phone", models.CharField(blank=True, max_length=200, verbose_name="phone")),
            ("email", models.CharField(blank=True, max_length=320, verbose_name="e-mail")),
            ("address", models.TextField(blank=True, verbose_name="address")),
            ("delivery", models.TextField(blank=True, verbose_name="delivery")),
            ("placed_at", models.DateTimeField(blank=True, null=True, verbose_name="placed")),
            ("ship_by", models.DateTimeField(blank=True, null=True, verbose_name="ship by")),
            ("cancel_reason", models.TextField(blank=True, verbose_name="reason of the cancellation")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
            "verbose_name": "order",
            "verbose_name_plural": "orders",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="order_newest"),
                models.Index(fields=["tenant", "updated_at"], name="order_changed"),
                models.Index(fields=["tenant", "status", "-id"], name="order_status"),
            ],
        },
    ),
    migrations.CreateModel(
        name="OrderLine",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("place", models.PositiveIntegerField(verbose_name="position")),
            ("outside_id", models.CharField(blank=True, max_length=200, verbose_name="their id")),
            ("name", models.TextField(blank=True, verbose_name="name")),
            ("sku", models.CharField(blank=True, max_length=200, verbose_name="article number")),
            ("product_id", models.CharField(blank=True, max_length=200, verbose_name="product there")),
            (
                "quantity",
                models.DecimalField(decimal_places=4, default=0, max_digits=20, verbose_name="quantity"),
            ),
            (
                "price",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="price"
                ),
            ),
            (
                "total",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="total"
                ),
            ),
            (
                "order",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="lines",
                    to="integrations.order",
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
            "verbose_name": "order line",
            "verbose_name_plural": "order lines",
            "ordering": ["order", "place"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="order_line_newest")],
            "constraints": [models.UniqueConstraint(fields=("order", "place"), name="order_line_place")],
        },
    ),
    migrations.CreateModel(
        name="Payment",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("pending", "pending"),
                        ("authorised", "authorised"),
                        ("succeeded", "succeeded"),
                        ("cancelled", "cancelled"),
                        ("refunded", "refunded"),
                        ("failed", "failed"),
                        ("unknown", "unknown"),
                    ],
                    default="unknown",
                    max_length=12,
                    verbose_name="status",
                ),
            ),
            ("original_status", models.CharField(blank=True, max_length=200, verbose_name="status there")),
            (
                "total",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="total"
                ),
            ),
            (
                "refunded",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="refunded"
                ),
            ),
            ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            ("method", models.TextField(blank=True, verbose_name="method")),
            ("payer", models.TextField(blank=True, verbose_name="payer")),
            ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
            "verbose_name": "payment",
            "verbose_name_plural": "payments",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="payment_newest"),
                models.Index(fields=["tenant", "updated_at"], name="payment_changed"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Product",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("name", models.TextField(blank=True, verbose_name="name")),
            ("sku", models.CharField(blank=True, max_length=200, verbose_name="article number")),
            ("barcodes", models.JSONField(blank=True, default=list, verbose_name="bar codes")),
            (
                "price",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="price"
                ),
            ),
            (
                "old_price",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="former price"
                ),
            ),
            ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            ("category", models.TextField(blank=True, verbose_name="category")),
            ("description", models.TextField(blank=True, verbose_name="description")),
            ("image_urls", models.JSONField(blank=True, default=list, verbose_name="pictures")),
            ("is_active", models.BooleanField(default=True, verbose_name="on sale")),
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
            "verbose_name": "product",
            "verbose_name_plural": "products",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="product_newest"),
                models.Index(fields=["tenant", "updated_at"], name="product_changed"),
                models.Index(fields=["tenant", "sku"], name="product_sku"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Reference",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                ),
            ),
            ("record_id", models.UUIDField()),
            ("name", models.CharField(max_length=40)),
            (
                "role",
                models.CharField(
                    choices=[
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                ),
            ),
            ("outside_id", models.CharField(max_length=200)),
            ("place", models.PositiveIntegerField(default=0)),
            ("target_id", models.UUIDField(null=True)),
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
            "verbose_name": "reference",
            "verbose_name_plural": "references",
            "indexes": [
                models.Index(
                    condition=models.Q(("target_id__isnull", False)),
                    fields=["target_id", "kind"],
                    name="reference_target",
                ),
                models.Index(
                    condition=models.Q(("target_id__isnull", True)),
                    fields=["integration", "role", "outside_id"],
                    name="reference_waiting",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("record_id", "integration", "name", "outside_id"), name="reference_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="StockLevel",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("sku", models.CharField(blank=True, max_length=200, verbose_name="article number")),
            ("warehouse_id", models.CharField(blank=True, max_length=200, verbose_name="warehouse there")),
            ("warehouse", models.TextField(blank=True, verbose_name="warehouse")),
            (
                "quantity",
                models.DecimalField(decimal_places=4, default=0, max_digits=20, verbose_name="quantity"),
            ),
            (
                "reserved",
                models.DecimalField(decimal_places=4, default=0, max_digits=20, verbose_name="reserved"),
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
            "verbose_name": "stock level",
            "verbose_name_plural": "stock levels",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="stocklevel_newest"),
                models.Index(fields=["tenant", "updated_at"], name="stocklevel_changed"),
                models.Index(fields=["tenant", "sku"], name="stocklevel_sku"),
            ],
        },
    ),
    migrations.CreateModel(
        name="SyncPlan",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                    verbose_name="records",
                ),
            ),
            (
                "direction",
                models.CharField(
                    choices=[
                        ("import", "from there to us"),
                        ("export", "from us to there"),
                        ("both", "both ways"),
                    ],
                    default="import",
                    max_length=6,
                    verbose_name="direction",
                ),
            ),
            (
                "conflict_policy",
                models.CharField(
                    choices=[
                        ("source", "the outside system"),
                        ("target", "we"),
                        ("newest", "whoever changed it last"),
                        ("manual", "a person decides"),
                    ],
                    default="source",
                    max_length=6,
                    verbose_name="when both sides changed a field, right is",
                ),
            ),
            (
                "deletion_limit",
                models.PositiveSmallIntegerField(
                    default=20,
                    help_text="A run that finds more of the records gone stops and asks, and so does one that finds all of them gone.",
                    validators=[
                        django.core.validators.MinValueValidator(0),
                        django.core.validators.MaxValueValidator(100),
                    ],
                    verbose_name="deletions allowed, %",
                ),
            ),
            ("is_enabled", models.BooleanField(default=True, verbose_name="enabled")),
            (
                "interval_minutes",
                models.PositiveIntegerField(
                    blank=True,
                    default=15,
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(10080),
                    ],
                    verbose_name="every so many minutes",
                ),
            ),
            (
                "cron",
                models.CharField(
                    blank=True,
                    help_text="Minute, hour, day of the month, month, day of the week, in the company's time zone: 0 * * * *",
                    max_length=100,
                    verbose_name="or by cron",
                ),
            ),
            (
                "full_cron",
                models.CharField(
                    blank=True,
                    default="17 3 * * *",
                    help_text="Reads everything and notices what was deleted there. Empty: only by hand.",
                    max_length=100,
                    verbose_name="everything anew by cron",
                ),
            ),
            ("position", models.JSONField(editable=False, null=True)),
            ("watermark", models.DateTimeField(editable=False, null=True, verbose_name="read up to")),
            ("next_due_at", models.DateTimeField(editable=False, null=True, verbose_name="next run")),
            ("next_full_at", models.DateTimeField(editable=False, null=True, verbose_name="next full run")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="plans",
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
            "verbose_name": "synchronisation",
            "verbose_name_plural": "synchronisations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="sync_plan_newest"),
                models.Index(
                    condition=models.Q(("is_enabled", True)), fields=["next_due_at"], name="sync_plan_due"
                ),
                models.Index(
                    condition=models.Q(("is_enabled", True)),
                    fields=["next_full_at"],
                    name="sync_plan_full_due",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("integration", "kind"),
                    name="sync_plan_kind",
                    violation_error_message="These records of this integration have a synchronisation already.",
                ),
                models.CheckConstraint(
                    condition=models.Q(("deletion_limit__lte", 100)), name="sync_plan_limit"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SyncConflict",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("record_id", models.UUIDField(verbose_name="record")),
            ("title", models.TextField(blank=True, verbose_name="record")),
            ("fields", models.JSONField(default=dict, verbose_name="fields")),
            (
                "resolution",
                models.CharField(
                    blank=True,
                    choices=[("ours", "ours"), ("theirs", "theirs")],
                    max_length=6,
                    verbose_name="decision",
                ),
            ),
            ("resolved_at", models.DateTimeField(null=True, verbose_name="decided")),
            ("resolved_by", models.CharField(blank=True, max_length=200, verbose_name="decided by")),
            (
                "link",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="conflicts",
                    to="integrations.link",
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
                "plan",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="conflicts",
                    to="integrations.syncplan",
                ),
            ),
        ],
        options={
            "verbose_name": "conflict",
            "verbose_name_plural": "conflicts",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="sync_conflict_newest"),
                models.Index(fields=["plan", "-id"], name="sync_conflict_of_plan"),
                models.Index(fields=["link"], name="sync_conflict_of_link"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("resolution", "")), fields=("link",), name="sync_conflict_open"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PendingWrite",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("record_id", models.UUIDField()),
            ("version", models.PositiveIntegerField(default=1)),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("is_parked", models.BooleanField(default=False)),
            ("error", models.TextField(blank=True)),
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
                "plan",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="pending",
                    to="integrations.syncplan",
                ),
            ),
        ],
        options={
            "verbose_name": "pending write",
            "verbose_name_plural": "pending writes",
            "indexes": [
                models.Index(
                    condition=models.Q(("is_parked", False)),
                    fields=["plan", "due_at"],
                    name="pending_write_due",
                )
            ],
            "constraints": [models.UniqueConstraint(fields=("plan", "record_id"), name="pending_write_once")],
        },
    ),
    migrations.CreateModel(
        name="SyncRun",
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
                        ("waiting", "waiting"),
                        ("running", "running"),
                        ("completed", "completed"),
                        ("stopped", "stopped before it deleted too much"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                    ],
                    default="waiting",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            (
                "phase",
                models.CharField(
                    choices=[
                        ("read", "reading"),
                        ("count", "counting what is gone"),
                        ("delete", "deleting what is gone"),
                        ("write", "writing"),
                    ],
                    default="read",
                    max_length=6,
                    verbose_name="phase",
                ),
            ),
            ("is_full", models.BooleanField(default=False, verbose_name="everything")),
            ("is_dry", models.BooleanField(default=False, verbose_name="dry run")),
            ("allows_deletions", models.BooleanField(default=False, verbose_name="deletions accepted")),
            ("steps", models.PositiveIntegerField(default=0)),
            ("position", models.JSONField(null=True)),
            ("resume", models.JSONField(null=True)),
            ("since", models.DateTimeField(null=True, verbose_name="changes since")),
            ("seen_until", models.DateTimeField(null=True)),
            ("total", models.PositiveIntegerField(null=True, verbose_name="in all")),
            ("read", models.PositiveIntegerField(default=0, verbose_name="read")),
            ("created", models.PositiveIntegerField(default=0, verbose_name="created")),
            ("updated", models.PositiveIntegerField(default=0, verbose_name="changed")),
            ("unchanged", models.PositiveIntegerField(default=0, verbose_name="unchanged")),
            ("deleted", models.PositiveIntegerField(default=0, verbose_name="deleted")),
            ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
            ("conflicts", models.PositiveIntegerField(default=0, verbose_name="conflicts")),
            ("written", models.PositiveIntegerField(default=0, verbose_name="written there")),
            ("differences", models.JSONField(default=list, verbose_name="differences")),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            ("asked_by", models.CharField(blank=True, max_length=200, verbose_name="asked for by")),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
            ("started_at", models.DateTimeField(null=True, verbose_name="began")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="ended")),
            (
                "plan",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="runs",
                    to="integrations.syncplan",
                    verbose_name="synchronisation",
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
            "verbose_name": "synchronisation run",
            "verbose_name_plural": "synchronisation runs",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="sync_run_newest"),
                models.Index(fields=["plan", "-id"], name="sync_run_of_plan"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("waiting", "running"))),
                    fields=("plan",),
                    name="sync_run_one_at_a_time",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="SyncFault",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_id", models.CharField(blank=True, max_length=200, verbose_name="their id")),
            ("record_id", models.UUIDField(null=True, verbose_name="record")),
            ("text", models.TextField(verbose_name="what is wrong")),
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
                "run",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="faults",
                    to="integrations.syncrun",
                    verbose_name="run",
                ),
            ),
        ],
        options={
            "verbose_name": "faulty record",
            "verbose_name_plural": "faulty records",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="sync_fault_newest"),
                models.Index(fields=["run", "-id"], name="sync_fault_of_run"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Company",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("name", models.TextField(blank=True, verbose_name="name")),
            ("phones", models.JSONField(blank=True, default=list, verbose_name="phones")),
            ("emails", models.JSONField(blank=True, default=list, verbose_name="e-mails")),
            ("website", models.TextField(blank=True, verbose_name="website")),
            ("tax_number", models.CharField(blank=True, max_length=200, verbose_name="tax number")),
            (
                "responsible_id",
                models.CharField(blank=True, max_length=200, verbose_name="responsible user there"),
            ),
            ("address", models.TextField(blank=True, verbose_name="address")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
                "merged_into",
                models.UUIDField(blank=True, editable=False, null=True, verbose_name="merged into"),
            ),
        ],
        options={
            "verbose_name": "client company",
            "verbose_name_plural": "client companies",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="company_newest"),
                models.Index(fields=["tenant", "updated_at"], name="company_changed"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Contact",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("name", models.TextField(blank=True, verbose_name="name")),
            ("first_name", models.TextField(blank=True, verbose_name="first name")),
            ("last_name", models.TextField(blank=True, verbose_name="last name")),
            ("middle_name", models.TextField(blank=True, verbose_name="middle name")),
            ("phones", models.JSONField(blank=True, default=list, verbose_name="phones")),
            ("emails", models.JSONField(blank=True, default=list, verbose_name="e-mails")),
            (
                "responsible_id",
                models.CharField(blank=True, max_length=200, verbose_name="responsible user there"),
            ),
            ("position", models.TextField(blank=True, verbose_name="position")),
            ("address", models.TextField(blank=True, verbose_name="address")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
                "merged_into",
                models.UUIDField(blank=True, editable=False, null=True, verbose_name="merged into"),
            ),
        ],
        options={
            "verbose_name": "contact",
            "verbose_name_plural": "contacts",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="contact_newest"),
                models.Index(fields=["tenant", "updated_at"], name="contact_changed"),
            ],
        },
    ),
    migrations.CreateModel(
        name="ContactPoint",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                ),
            ),
            ("record_id", models.UUIDField()),
            ("type", models.CharField(choices=[("phone", "phone"), ("email", "e-mail")], max_length=5)),
            ("value", models.CharField(max_length=320)),
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
            "verbose_name": "contact point",
            "verbose_name_plural": "contact points",
            "indexes": [
                models.Index(fields=["tenant", "type", "value", "kind", "record_id"], name="point_holder")
            ],
            "constraints": [
                models.UniqueConstraint(fields=("record_id", "type", "value"), name="point_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Deal",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("title", models.TextField(blank=True, verbose_name="title")),
            ("is_lead", models.BooleanField(default=False, verbose_name="lead")),
            (
                "total",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="total"
                ),
            ),
            ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            ("pipeline", models.TextField(blank=True, verbose_name="pipeline")),
            ("stage", models.CharField(blank=True, max_length=200, verbose_name="stage code")),
            ("stage_title", models.TextField(blank=True, verbose_name="stage")),
            (
                "phase",
                models.CharField(
                    choices=[("open", "open"), ("won", "won"), ("lost", "lost")],
                    default="open",
                    max_length=10,
                    verbose_name="phase",
                ),
            ),
            (
                "responsible_id",
                models.CharField(blank=True, max_length=200, verbose_name="responsible user there"),
            ),
            ("source", models.TextField(blank=True, verbose_name="source")),
            ("loss_reason", models.TextField(blank=True, verbose_name="reason of the loss")),
            ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
            "verbose_name": "deal",
            "verbose_name_plural": "deals",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="deal_newest"),
                models.Index(fields=["tenant", "updated_at"], name="deal_changed"),
                models.Index(fields=["tenant", "phase", "-id"], name="deal_phase"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Document",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("title", models.TextField(blank=True, verbose_name="title")),
            ("number", models.CharField(blank=True, max_length=200, verbose_name="number")),
            ("type", models.TextField(blank=True, verbose_name="type")),
            ("original_status", models.CharField(blank=True, max_length=200, verbose_name="status there")),
            ("author", models.TextField(blank=True, verbose_name="author")),
            ("media_type", models.CharField(blank=True, max_length=200, verbose_name="media type")),
            ("size", models.BigIntegerField(blank=True, null=True, verbose_name="size")),
            ("text", models.TextField(blank=True, verbose_name="text")),
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
            "verbose_name": "document",
            "verbose_name_plural": "documents",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="document_newest"),
                models.Index(fields=["tenant", "updated_at"], name="document_changed"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Invoice",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("search_key", models.CharField(blank=True, db_index=True, editable=False, max_length=100)),
            ("url", models.TextField(blank=True, verbose_name="its page there")),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("outside_created_at", models.DateTimeField(blank=True, null=True, verbose_name="created there")),
            ("outside_updated_at", models.DateTimeField(blank=True, null=True, verbose_name="changed there")),
            ("updated_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="changed")),
            ("deleted_at", models.DateTimeField(blank=True, null=True, verbose_name="deleted")),
            ("content_hash", models.CharField(blank=True, editable=False, max_length=32)),
            ("number", models.CharField(blank=True, max_length=200, verbose_name="number")),
            (
                "status",
                models.CharField(
                    choices=[
                        ("draft", "draft"),
                        ("issued", "issued"),
                        ("paid", "paid"),
                        ("overdue", "overdue"),
                        ("cancelled", "cancelled"),
                        ("unknown", "unknown"),
                    ],
                    default="unknown",
                    max_length=12,
                    verbose_name="status",
                ),
            ),
            ("original_status", models.CharField(blank=True, max_length=200, verbose_name="status there")),
            (
                "total",
                models.DecimalField(
                    blank=True, decimal_places=4, max_digits=20, null=True, verbose_name="total"
                ),
            ),
            ("currency", models.CharField(blank=True, max_length=3, verbose_name="currency")),
            ("issued_at", models.DateTimeField(blank=True, null=True, verbose_name="issued")),
            ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
            ("paid_at", models.DateTimeField(blank=True, null=True, verbose_name="paid at")),
            ("comment", models.TextField(blank=True, verbose_name="comment")),
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
            "verbose_name": "invoice",
            "verbose_name_plural": "invoices",
            "ordering": ["-id"],
            "abstract": False,
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="invoice_newest"),
                models.Index(fields=["tenant", "updated_at"], name="invoice_changed"),
            ],
        },
    ),
    migrations.CreateModel(
        name="SharedBucket",
        fields=[
            ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
            ("arrival", models.FloatField(default=0)),
        ],
    ),
    migrations.CreateModel(
        name="Authorization",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("digest", models.CharField(editable=False, max_length=64, unique=True)),
            ("session_digest", models.CharField(editable=False, max_length=64)),
            ("pkce_secret", tenants.fields.EncryptedTextField(blank=True, default="")),
            ("expires_at", models.DateTimeField(db_index=True, verbose_name="valid until")),
            ("used_at", models.DateTimeField(null=True, verbose_name="used")),
            (
                "integration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="authorizations",
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
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "verbose_name": "way to an outside system",
            "verbose_name_plural": "ways to outside systems",
        },
    ),
    migrations.CreateModel(
        name="CallSlot",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("number", models.PositiveSmallIntegerField()),
            ("holder", models.UUIDField(null=True)),
            ("held_until", models.FloatField(default=0)),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("integration", "number"), name="call_slot")],
        },
    ),
    migrations.CreateModel(
        name="DailyUse",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("name", models.CharField(max_length=40)),
            ("day", models.DateField()),
            ("used", models.PositiveIntegerField(default=0)),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="integrations.integration",
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("integration", "name", "day"), name="daily_use")],
        },
    ),
    migrations.CreateModel(
        name="OAuthToken",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("access_token", tenants.fields.EncryptedTextField(blank=True, default="")),
            ("refresh_token", tenants.fields.EncryptedTextField(blank=True, default="")),
            ("can_refresh", models.BooleanField(default=False, editable=False)),
            ("extras", tenants.fields.EncryptedJSONField(blank=True, default=dict)),
            ("version", models.PositiveIntegerField(default=0)),
            ("obtained_at", models.DateTimeField(null=True, verbose_name="connected")),
            ("renewed_at", models.DateTimeField(null=True, verbose_name="renewed")),
            ("expires_at", models.DateTimeField(null=True, verbose_name="valid until")),
            ("refresh_expires_at", models.DateTimeField(null=True, verbose_name="can be renewed until")),
            ("lease", models.UUIDField(editable=False, null=True)),
            ("lease_until", models.DateTimeField(editable=False, null=True)),
            ("failures", models.PositiveIntegerField(default=0, editable=False)),
            ("refusal", models.TextField(blank=True, verbose_name="why it cannot be renewed")),
            ("doubted_at", models.DateTimeField(editable=False, null=True)),
            (
                "integration",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="token",
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
            "verbose_name": "connected account",
            "verbose_name_plural": "connected accounts",
            "indexes": [models.Index(fields=["renewed_at"], name="oauth_renewed")],
        },
    ),
    migrations.CreateModel(
        name="MappingVersion",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=20,
                    verbose_name="kind",
                ),
            ),
            ("number", models.PositiveIntegerField(verbose_name="version")),
            ("rules", models.JSONField(default=list, verbose_name="rules")),
            ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
            ("author", models.CharField(blank=True, max_length=200, verbose_name="author")),
            ("is_active", models.BooleanField(default=False, verbose_name="in force")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="mappings",
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
            "verbose_name": "field mapping",
            "verbose_name_plural": "field mappings",
            "ordering": ["integration_id", "kind", "-number"],
            "constraints": [
                models.UniqueConstraint(fields=("integration", "kind", "number"), name="mapping_number"),
                models.UniqueConstraint(
                    condition=models.Q(("is_active", True)),
                    fields=("integration", "kind"),
                    name="mapping_in_force",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Conversation",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_id", models.CharField(max_length=200, verbose_name="id at the messenger")),
            ("channel", models.CharField(max_length=40, verbose_name="messenger")),
            ("title", models.CharField(blank=True, max_length=300, verbose_name="title")),
            ("phone", models.CharField(blank=True, max_length=20, verbose_name="phone")),
            ("is_group", models.BooleanField(default=False, verbose_name="group")),
            ("is_open", models.BooleanField(default=True, verbose_name="can be written to")),
            ("closed_reason", models.CharField(blank=True, max_length=300, verbose_name="why not")),
            ("is_waiting", models.BooleanField(default=False, verbose_name="waits for an answer")),
            ("last_message_at", models.DateTimeField(null=True, verbose_name="last message")),
            ("preview", models.CharField(blank=True, max_length=200, verbose_name="last text")),
            ("free_at", models.DateTimeField(editable=False, null=True)),
            ("custom", models.JSONField(blank=True, default=dict, verbose_name="further fields")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="conversations",
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
            "verbose_name": "conversation",
            "verbose_name_plural": "conversations",
            "ordering": ["-last_message_at", "-id"],
            "indexes": [
                models.Index(fields=["tenant", "-last_message_at", "-id"], name="conversation_recent"),
                models.Index(fields=["tenant", "-id"], name="conversation_newest"),
                models.Index(
                    condition=models.Q(("phone", ""), _negated=True),
                    fields=["tenant", "phone"],
                    name="conversation_phone",
                ),
                models.Index(
                    condition=models.Q(("is_waiting", True)),
                    fields=["tenant", "-last_message_at"],
                    name="conversation_waiting",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("integration", "outside_id"), name="conversation_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Message",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_id", models.CharField(blank=True, max_length=200, verbose_name="id at the messenger")),
            ("is_from_us", models.BooleanField(default=False, verbose_name="ours")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("received", "received"),
                        ("queued", "waiting"),
                        ("sent", "sent"),
                        ("delivered", "delivered"),
                        ("read", "read"),
                        ("failed", "failed"),
                    ],
                    default=integrations.records.messages.MessageStatus["RECEIVED"],
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("sender_id", models.CharField(blank=True, max_length=200, verbose_name="sender's id")),
            ("sender", models.CharField(blank=True, max_length=300, verbose_name="sender")),
            ("text", models.TextField(blank=True, verbose_name="text")),
            ("is_marked", models.BooleanField(default=False, verbose_name="with marks")),
            ("attachments", models.JSONField(blank=True, default=list, verbose_name="attachments")),
            ("buttons", models.JSONField(blank=True, default=list, verbose_name="buttons")),
            ("action", models.CharField(blank=True, max_length=500, verbose_name="pressed")),
            ("press_id", models.CharField(blank=True, editable=False, max_length=200)),
            ("reply_to_id", models.CharField(blank=True, max_length=200, verbose_name="answers")),
            ("is_silent", models.BooleanField(default=False, verbose_name="silent")),
            ("key", models.CharField(editable=False, max_length=200, null=True)),
            ("sent_ids", models.JSONField(default=list, editable=False)),
            ("under_way", models.PositiveSmallIntegerField(editable=False, null=True)),
            ("error_code", models.CharField(blank=True, editable=False, max_length=40)),
            ("error", models.TextField(blank=True, verbose_name="why it failed")),
            ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
            ("queued_at", models.DateTimeField(null=True, verbose_name="queued")),
            ("sent_at", models.DateTimeField(null=True, verbose_name="sent")),
            ("edited_at", models.DateTimeField(null=True, verbose_name="edited")),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
            (
                "conversation",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="messages",
                    to="integrations.conversation",
                    verbose_name="conversation",
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
            ("new_text", models.TextField(editable=False, null=True)),
        ],
        options={
            "verbose_name": "message",
            "verbose_name_plural": "messages",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="message_recent"),
                models.Index(fields=["conversation", "-id"], name="message_conversation"),
                models.Index(
                    condition=models.Q(("state", "queued")),
                    fields=["conversation", "id"],
                    name="message_queued",
                ),
                models.Index(
                    condition=models.Q(("state", "failed")), fields=["tenant", "-id"], name="message_failed"
                ),
                models.Index(
                    condition=models.Q(("correlation_id__isnull", False)),
                    fields=["correlation_id"],
                    name="message_correlation",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("outside_id", ""), _negated=True),
                    fields=("conversation", "outside_id"),
                    name="message_once",
                ),
                models.UniqueConstraint(fields=("tenant", "key"), name="message_key"),
            ],
        },
    ),
    migrations.CreateModel(
        name="PollPosition",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("position", models.CharField(blank=True, max_length=200)),
            ("polled_at", models.DateTimeField(null=True, verbose_name="asked")),
            ("heard_at", models.DateTimeField(null=True, verbose_name="last news")),
            (
                "integration",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="poll_position",
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
            "verbose_name": "position of asking",
            "verbose_name_plural": "positions of asking",
        },
    ),
    migrations.CreateModel(
        name="DuplicateGroup",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("key", models.CharField(editable=False, max_length=32)),
            (
                "sameness",
                models.CharField(
                    choices=[("phone", "phone"), ("email", "e-mail"), ("both", "phone and e-mail")],
                    max_length=5,
                    verbose_name="in common",
                ),
            ),
            ("reasons", models.JSONField(default=list, verbose_name="in common")),
            ("size", models.PositiveSmallIntegerField(verbose_name="records")),
            ("seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last found")),
            ("dismissed_at", models.DateTimeField(null=True, verbose_name="dismissed")),
            ("dismissed_by", models.CharField(blank=True, max_length=200, verbose_name="dismissed by")),
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
            "verbose_name": "group of duplicates",
            "verbose_name_plural": "duplicates",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="duplicate_group_newest"),
                models.Index(fields=["tenant", "kind", "sameness", "-id"], name="duplicate_group_alike"),
                models.Index(fields=["tenant", "seen_at"], name="duplicate_group_seen"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "kind", "key"), name="duplicate_group_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="DuplicateJob",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "task",
                models.CharField(
                    choices=[("search", "search for duplicates"), ("merge", "merging")],
                    max_length=6,
                    verbose_name="task",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "waiting"),
                        ("running", "running"),
                        ("completed", "completed"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                    ],
                    default="waiting",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            ("wanted", models.JSONField(default=dict)),
            ("position", models.JSONField(null=True)),
            ("steps", models.PositiveIntegerField(default=0)),
            ("total", models.PositiveIntegerField(null=True, verbose_name="in all")),
            ("done", models.PositiveIntegerField(default=0, verbose_name="looked at")),
            ("found", models.PositiveIntegerField(default=0, verbose_name="groups found")),
            ("merged", models.PositiveIntegerField(default=0, verbose_name="groups merged")),
            ("skipped", models.PositiveIntegerField(default=0, verbose_name="left out")),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            ("asked_by", models.CharField(blank=True, max_length=200, verbose_name="asked for by")),
            ("started_at", models.DateTimeField(null=True, verbose_name="began")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="ended")),
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
            "verbose_name": "search or merging of duplicates",
            "verbose_name_plural": "searches and mergings of duplicates",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["tenant", "-id"], name="duplicate_job_newest")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("waiting", "running"))),
                    fields=("tenant", "task"),
                    name="duplicate_job_one_at_a_time",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="DuplicateMember",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("record_id", models.UUIDField()),
            (
                "group",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="members",
                    to="integrations.duplicategroup",
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
            "verbose_name": "member of a group of duplicates",
            "verbose_name_plural": "members of groups of duplicates",
            "indexes": [models.Index(fields=["record_id"], name="duplicate_member_record")],
        },
    ),
    migrations.CreateModel(
        name="DuplicateRules",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "contacts",
                models.CharField(
                    choices=[
                        ("never", "never"),
                        ("phone_email", "when phone and e-mail are equal"),
                        ("phone_name", "when phone and name are equal"),
                        ("email_name", "when e-mail and name are equal"),
                    ],
                    default="never",
                    max_length=11,
                    verbose_name="merge contacts by itself",
                ),
            ),
            (
                "companies",
                models.CharField(
                    choices=[
                        ("never", "never"),
                        ("phone_email", "when phone and e-mail are equal"),
                        ("phone_name", "when phone and name are equal"),
                        ("email_name", "when e-mail and name are equal"),
                    ],
                    default="never",
                    max_length=11,
                    verbose_name="merge client companies by itself",
                ),
            ),
            (
                "is_nightly",
                models.BooleanField(
                    default=True,
                    help_text="What is merged by itself is merged after a search.",
                    verbose_name="look for duplicates every night",
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
            "verbose_name": "rules for duplicates",
            "verbose_name_plural": "rules for duplicates",
            "constraints": [models.UniqueConstraint(fields=("tenant",), name="duplicate_rules_once")],
        },
    ),
    migrations.CreateModel(
        name="RecordMerge",
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
                        ("contact", "Contacts"),
                        ("company", "Companies"),
                        ("deal", "Deals"),
                        ("order", "Orders"),
                        ("product", "Products"),
                        ("stock", "Stock levels"),
                        ("invoice", "Invoices"),
                        ("payment", "Payments"),
                        ("document", "Documents"),
                        ("conversation", "Conversations"),
                        ("message", "Messages"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("survivor_id", models.UUIDField(verbose_name="kept")),
            ("title", models.TextField(blank=True, verbose_name="kept")),
            ("losers", models.JSONField(default=list, verbose_name="merged")),
            ("before", models.JSONField(default=dict, verbose_name="before")),
            ("after", models.JSONField(default=dict, verbose_name="after")),
            ("links", models.JSONField(default=list)),
            ("references", models.JSONField(default=list)),
            ("is_automatic", models.BooleanField(default=False, verbose_name="by rule")),
            ("done_by", models.CharField(blank=True, max_length=200, verbose_name="merged by")),
            ("undone_at", models.DateTimeField(null=True, verbose_name="undone")),
            ("undone_by", models.CharField(blank=True, max_length=200, verbose_name="undone by")),
            (
                "job",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="merges",
                    to="integrations.duplicatejob",
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
            "verbose_name": "merge",
            "verbose_name_plural": "merges",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="record_merge_newest"),
                models.Index(fields=["survivor_id", "-id"], name="record_merge_of"),
                models.Index(fields=["job", "-id"], name="record_merge_of_job"),
            ],
        },
    ),
    migrations.CreateModel(
        name="MessageFile",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("name", models.CharField(blank=True, max_length=300, verbose_name="name")),
            ("media_type", models.CharField(blank=True, max_length=200, verbose_name="type")),
            ("size", models.PositiveIntegerField(default=0, verbose_name="bytes")),
            ("content", tenants.fields.EncryptedBytesField()),
            (
                "message",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="files",
                    to="integrations.message",
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
            "verbose_name": "file of a message",
            "verbose_name_plural": "files of messages",
        },
    ),
    migrations.CreateModel(
        name="Tryout",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("port", models.PositiveIntegerField(unique=True, verbose_name="port")),
            (
                "state",
                models.CharField(
                    choices=[("wanted", "starting"), ("running", "running"), ("failed", "failed")],
                    default="wanted",
                    editable=False,
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("error", models.TextField(blank=True, editable=False, verbose_name="why it failed")),
            (
                "changed_at",
                models.DateTimeField(
                    default=django.utils.timezone.now, editable=False, verbose_name="state since"
                ),
            ),
            (
                "integration",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="tryout",
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
            "verbose_name": "simulation",
            "verbose_name_plural": "simulations",
        },
    ),
    migrations.CreateModel(
        name="AgentStatus",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_user_id", models.CharField(max_length=100, verbose_name="their id")),
            (
                "presence",
                models.CharField(
                    choices=[("available", "available"), ("busy", "busy"), ("away", "away")],
                    max_length=10,
                    verbose_name="status",
                ),
            ),
            ("word", models.CharField(blank=True, max_length=40, verbose_name="their word")),
            ("changed_at", models.DateTimeField(verbose_name="since")),
            ("told_at", models.DateTimeField(verbose_name="last told")),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="agent_statuses",
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
            "verbose_name": "user status",
            "verbose_name_plural": "user statuses",
            "constraints": [
                models.UniqueConstraint(fields=("integration", "outside_user_id"), name="agent_status_user")
            ],
        },
    ),
    migrations.CreateModel(
        name="DirectoryDifference",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("outside_user_id", models.CharField(max_length=100, verbose_name="their id")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("missing", "has no extension there"),
                        ("other", "has another extension there"),
                        ("stranger", "has an extension there only"),
                    ],
                    max_length=10,
                    verbose_name="difference",
                ),
            ),
            ("ours", models.CharField(blank=True, max_length=40, verbose_name="extension here")),
            ("theirs", models.CharField(blank=True, max_length=40, verbose_name="extension there")),
            ("found_at", models.DateTimeField(verbose_name="found")),
            ("settled_at", models.DateTimeField(null=True, verbose_name="settled")),
            (
                "outcome",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "open"),
                        ("overwritten", "ours was sent"),
                        ("taken", "theirs was taken"),
                        ("gone", "gone by itself"),
                    ],
                    max_length=12,
                    verbose_name="outcome",
                ),
            ),
            (
                "integration",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="differences",
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
            "verbose_name": "difference of extensions",
            "verbose_name_plural": "differences of extensions",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["integration", "-id"], name="difference_recent")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("settled_at__isnull", True)),
                    fields=("integration", "outside_user_id"),
                    name="difference_open",
                )
            ],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_handoff"),
        ("integrations", "0003_lifecycle"),
        ("integrations", "0004_health_alerts"),
        ("integrations", "0005_records"),
        ("integrations", "0006_oauth_and_limits"),
        ("integrations", "0007_mappings"),
        ("integrations", "0008_messages"),
        ("integrations", "0009_merges"),
        ("integrations", "0010_message_files_and_tryouts"),
        ("integrations", "0011_module_registration"),
    ]

    initial = True

    dependencies = [
        ("tenants", "0009_configuration_marks"),
        ("webhooks", "0013_owned_sources"),
    ]

    operations = [CreateModels(TABLES)]

"""Companies, people, machines, the trail and the queue, as 0001 to 0009 left them, for databases that have nothing yet."""

import django.contrib.auth.validators
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import config.ids
import tenants.fields
import tenants.intranet
import tenants.models.credential
import tenants.models.invitation
import tenants.models.oauth
import tenants.models.tenant
import tenants.names
from config.initial_tables import CreateModels
from tenants.trail import triggers

TABLES = [
    migrations.CreateModel(
        name="Tenant",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "number",
                models.CharField(
                    max_length=10,
                    unique=True,
                    validators=[
                        django.core.validators.RegexValidator("^[0-9]{1,10}\\Z", "Only digits, at most ten.")
                    ],
                    verbose_name="number",
                ),
            ),
            ("name", models.CharField(max_length=200, verbose_name="name")),
            (
                "timezone",
                models.CharField(
                    default="Europe/Moscow",
                    max_length=64,
                    validators=[tenants.models.tenant.validate_timezone],
                    verbose_name="time zone",
                ),
            ),
            (
                "phone_region",
                models.CharField(
                    default="RU",
                    help_text="The country whose rules complete a short or local phone number.",
                    max_length=2,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[A-Z]{2}\\Z", "Two capital letters, such as RU or BY."
                        )
                    ],
                    verbose_name="phone region",
                ),
            ),
            (
                "language",
                models.CharField(
                    choices=[("ru", "Russian"), ("en", "English")],
                    default="ru",
                    max_length=5,
                    verbose_name="language",
                ),
            ),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            (
                "egress_allow",
                models.CharField(
                    blank=True,
                    help_text="Private addresses that this company's integrations and webhooks may reach; set by operators only.",
                    max_length=1000,
                    validators=[tenants.intranet.validate_exceptions],
                    verbose_name="own network",
                ),
            ),
        ],
        options={
            "verbose_name": "company",
            "verbose_name_plural": "companies",
            "ordering": ["number"],
        },
    ),
    migrations.CreateModel(
        name="Extension",
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
                    max_length=10,
                    validators=[
                        django.core.validators.RegexValidator(
                            "^[0-9*#]{1,10}\\Z", "Only digits, * and #, at most ten characters."
                        )
                    ],
                    verbose_name="number",
                ),
            ),
            ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
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
            "verbose_name": "extension",
            "verbose_name_plural": "extensions",
            "ordering": ["number"],
            "constraints": [models.UniqueConstraint(fields=("tenant", "number"), name="extension_number")],
        },
    ),
    migrations.CreateModel(
        name="User",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "is_superuser",
                models.BooleanField(
                    default=False,
                    help_text="Designates that this user has all permissions without explicitly assigning them.",
                    verbose_name="superuser status",
                ),
            ),
            (
                "username",
                models.CharField(
                    error_messages={"unique": "A user with that username already exists."},
                    help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                    max_length=150,
                    unique=True,
                    validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                    verbose_name="username",
                ),
            ),
            ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
            ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
            ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
            (
                "is_staff",
                models.BooleanField(
                    default=False,
                    help_text="Designates whether the user can log into this admin site.",
                    verbose_name="staff status",
                ),
            ),
            (
                "is_active",
                models.BooleanField(
                    default=True,
                    help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                    verbose_name="active",
                ),
            ),
            (
                "date_joined",
                models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined"),
            ),
            (
                "language",
                models.CharField(
                    blank=True,
                    choices=[("ru", "Russian"), ("en", "English")],
                    max_length=5,
                    verbose_name="language",
                ),
            ),
            (
                "groups",
                models.ManyToManyField(
                    blank=True,
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.group",
                    verbose_name="groups",
                ),
            ),
            (
                "user_permissions",
                models.ManyToManyField(
                    blank=True,
                    help_text="Specific permissions for this user.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.permission",
                    verbose_name="user permissions",
                ),
            ),
            ("username_key", tenants.names.NameKeyField(editable=False, max_length=200, unique=True)),
        ],
        options={
            "verbose_name": "user",
            "verbose_name_plural": "users",
        },
    ),
    migrations.CreateModel(
        name="Heartbeat",
        fields=[
            ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
            ("kind", models.CharField(max_length=20)),
            ("seen_at", models.DateTimeField()),
        ],
        options={
            "indexes": [models.Index(fields=["kind", "seen_at"], name="heartbeat_kind")],
        },
    ),
    migrations.CreateModel(
        name="StoredAnswer",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("key", models.CharField(max_length=200)),
            ("request_digest", models.CharField(max_length=64)),
            ("status", models.PositiveSmallIntegerField(null=True)),
            ("body", tenants.fields.EncryptedJSONField(null=True)),
            ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            (
                "tenant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tenant"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("tenant", "key"), name="stored_answer_key")],
        },
    ),
    migrations.CreateModel(
        name="Member",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "role",
                models.CharField(
                    choices=[
                        ("owner", "owner"),
                        ("admin", "administrator"),
                        ("manager", "manager"),
                        ("agent", "agent"),
                        ("viewer", "viewer"),
                    ],
                    default="viewer",
                    max_length=10,
                    verbose_name="role",
                ),
            ),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
            (
                "extension",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="members",
                    to="tenants.extension",
                    verbose_name="extension",
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="memberships",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="user",
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
            "verbose_name": "member",
            "verbose_name_plural": "members",
            "constraints": [models.UniqueConstraint(fields=("tenant", "user"), name="member_user")],
        },
    ),
    migrations.CreateModel(
        name="Event",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("type", models.CharField(max_length=100, verbose_name="type")),
            (
                "data",
                models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="data"),
            ),
            ("key", models.CharField(max_length=200, verbose_name="idempotency key")),
            ("occurred_at", models.DateTimeField(verbose_name="occurred")),
            ("correlation_id", models.UUIDField(db_index=True, null=True, verbose_name="correlation")),
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
            "verbose_name": "event",
            "verbose_name_plural": "events",
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="event_recent"),
                models.Index(fields=["tenant", "type", "-id"], name="event_type_recent"),
            ],
            "constraints": [models.UniqueConstraint(fields=("tenant", "key"), name="event_key")],
        },
    ),
    migrations.CreateModel(
        name="AuditEntry",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            (
                "created_at",
                models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="when"),
            ),
            ("action", models.CharField(max_length=100, verbose_name="action")),
            ("actor", models.CharField(max_length=200, verbose_name="who")),
            (
                "actor_kind",
                models.CharField(
                    choices=[("person", "person"), ("key", "API key"), ("system", "system")],
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("address", models.GenericIPAddressField(null=True, verbose_name="from")),
            ("object_type", models.CharField(blank=True, max_length=100, verbose_name="object type")),
            ("object_id", models.CharField(blank=True, max_length=64, verbose_name="object id")),
            ("object_name", models.CharField(blank=True, max_length=200, verbose_name="object")),
            (
                "before",
                models.JSONField(
                    default=dict,
                    encoder=django.core.serializers.json.DjangoJSONEncoder,
                    verbose_name="before",
                ),
            ),
            (
                "after",
                models.JSONField(
                    default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="after"
                ),
            ),
            ("correlation_id", models.UUIDField(null=True, verbose_name="correlation")),
            (
                "tenant",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="tenants.tenant",
                    verbose_name="company",
                ),
            ),
            ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="program")),
        ],
        options={
            "verbose_name": "audit entry",
            "verbose_name_plural": "audit trail",
            "indexes": [
                models.Index(fields=["tenant", "-id"], name="audit_recent"),
                models.Index(fields=["tenant", "object_id", "-id"], name="audit_object"),
                models.Index(fields=["tenant", "actor", "-id"], name="audit_actor"),
                models.Index(fields=["tenant", "action", "-id"], name="audit_action"),
                models.Index(fields=["tenant", "object_name", "-id"], name="audit_object_name"),
                models.Index(
                    condition=models.Q(("address__isnull", False)),
                    fields=["tenant", "address", "-id"],
                    name="audit_address",
                ),
                models.Index(
                    condition=models.Q(("correlation_id__isnull", False)),
                    fields=["correlation_id"],
                    name="audit_correlation",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ApiKey",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            ("prefix", models.CharField(editable=False, max_length=16, verbose_name="begins with")),
            ("digest", models.CharField(editable=False, max_length=64, unique=True)),
            (
                "scopes",
                models.JSONField(
                    default=list,
                    validators=[tenants.models.credential.validate_scopes],
                    verbose_name="scopes",
                ),
            ),
            ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
            ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
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
                "allowed_networks",
                models.JSONField(
                    blank=True,
                    default=list,
                    validators=[tenants.models.credential.validate_networks],
                    verbose_name="allowed addresses",
                ),
            ),
            (
                "last_used_from",
                models.GenericIPAddressField(editable=False, null=True, verbose_name="last used from"),
            ),
            (
                "must_sign",
                models.BooleanField(
                    default=False,
                    help_text="The key itself is refused then; every request carries a signature instead.",
                    verbose_name="requests must be signed",
                ),
            ),
            ("previous_digest", models.CharField(editable=False, max_length=64, null=True, unique=True)),
            (
                "previous_prefix",
                models.CharField(blank=True, editable=False, max_length=16, verbose_name="previous key"),
            ),
            ("previous_signing_secret", tenants.fields.EncryptedTextField(editable=False, null=True)),
            (
                "previous_until",
                models.DateTimeField(editable=False, null=True, verbose_name="previous key works until"),
            ),
            (
                "requests_per_minute",
                models.PositiveIntegerField(
                    blank=True,
                    null=True,
                    validators=[django.core.validators.MinValueValidator(1)],
                    verbose_name="requests per minute",
                ),
            ),
            ("signing_secret", tenants.fields.EncryptedTextField(editable=False, null=True)),
        ],
        options={
            "verbose_name": "API key",
            "verbose_name_plural": "API keys",
            "ordering": ["name"],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "name"), name="api_key_name"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("previous_digest", None), ("previous_until__isnull", False), _connector="OR"
                    ),
                    name="api_key_previous_ends",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Work",
        fields=[
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("lane", models.CharField(max_length=40)),
            ("subject", models.UUIDField()),
            ("group", models.CharField(blank=True, max_length=80)),
            ("due", models.DateTimeField()),
            ("lease", models.UUIDField(null=True)),
            ("attempts", models.PositiveIntegerField(default=0)),
            (
                "tenant",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.tenant",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["lane", "due"], name="work_due"),
                models.Index(fields=["lane", "group", "due", "id"], name="work_group_due"),
            ],
            "constraints": [models.UniqueConstraint(fields=("lane", "subject"), name="work_subject")],
        },
    ),
    migrations.CreateModel(
        name="OAuthApplication",
        fields=[
            (
                "redirect_uris",
                models.TextField(
                    blank=True, help_text="Allowed URIs list, space separated", verbose_name="redirect URIs"
                ),
            ),
            (
                "post_logout_redirect_uris",
                models.TextField(
                    blank=True,
                    default="",
                    help_text="Allowed Post Logout URIs list, space separated",
                    verbose_name="post logout redirect URIs",
                ),
            ),
            ("skip_authorization", models.BooleanField(default=False, verbose_name="skip authorization")),
            ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("updated", models.DateTimeField(auto_now=True, verbose_name="updated")),
            (
                "algorithm",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "No OIDC support"),
                        ("RS256", "RSA with SHA-2 256"),
                        ("HS256", "HMAC with SHA-2 256"),
                    ],
                    default="",
                    max_length=5,
                    verbose_name="algorithm",
                ),
            ),
            (
                "allowed_origins",
                models.TextField(
                    blank=True,
                    default="",
                    help_text="Allowed origins list to enable CORS, space separated",
                    verbose_name="allowed origins",
                ),
            ),
            (
                "registration_source",
                models.CharField(
                    choices=[
                        ("manual", "Manual"),
                        ("dcr", "Dynamic Client Registration"),
                        ("cimd", "Client ID Metadata Document"),
                    ],
                    default="manual",
                    help_text="How this application was registered (manual, DCR per RFC 7591, or CIMD)",
                    max_length=32,
                    verbose_name="registration source",
                ),
            ),
            (
                "cimd_expires_at",
                models.DateTimeField(
                    blank=True,
                    default=None,
                    help_text="When the cached Client ID Metadata Document should be re-fetched",
                    null=True,
                    verbose_name="CIMD expires at",
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            (
                "scopes",
                models.JSONField(
                    default=list,
                    validators=[tenants.models.credential.validate_scopes],
                    verbose_name="scopes",
                ),
            ),
            ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
            (
                "allowed_networks",
                models.JSONField(
                    blank=True,
                    default=list,
                    validators=[tenants.models.credential.validate_networks],
                    verbose_name="allowed addresses",
                ),
            ),
            (
                "requests_per_minute",
                models.PositiveIntegerField(
                    blank=True,
                    null=True,
                    validators=[django.core.validators.MinValueValidator(1)],
                    verbose_name="requests per minute",
                ),
            ),
            ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
            (
                "last_used_from",
                models.GenericIPAddressField(editable=False, null=True, verbose_name="last used from"),
            ),
            ("is_active", models.BooleanField(default=True, verbose_name="active")),
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            (
                "client_id",
                models.CharField(
                    default=tenants.models.oauth.new_client_id,
                    editable=False,
                    max_length=255,
                    unique=True,
                    verbose_name="client ID",
                ),
            ),
            ("client_secret", models.CharField(editable=False, max_length=255)),
            ("hash_client_secret", models.BooleanField(default=False, editable=False)),
            ("client_type", models.CharField(default="confidential", editable=False, max_length=32)),
            (
                "authorization_grant_type",
                models.CharField(default="client-credentials", editable=False, max_length=44),
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
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="%(app_label)s_%(class)s",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="user",
                ),
            ),
        ],
        options={
            "verbose_name": "trusted system",
            "verbose_name_plural": "trusted systems (OAuth2)",
            "ordering": ["name"],
            "constraints": [
                models.UniqueConstraint(fields=("tenant", "name"), name="oauth_application_name")
            ],
        },
    ),
    migrations.CreateModel(
        name="SeenNonce",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ("nonce", models.CharField(max_length=64)),
            (
                "key",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.apikey"
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
            "indexes": [models.Index(fields=["created_at"], name="seen_nonce_age")],
            "constraints": [models.UniqueConstraint(fields=("key", "nonce"), name="seen_nonce")],
        },
    ),
    migrations.CreateModel(
        name="AuditChain",
        fields=[
            ("owner", models.PositiveBigIntegerField(primary_key=True, serialize=False)),
            ("key", tenants.fields.EncryptedTextField()),
            ("position", models.PositiveBigIntegerField(default=0)),
            ("digest", models.CharField(blank=True, max_length=64)),
            ("streamed", models.PositiveBigIntegerField(default=0)),
            ("sealed_until", models.DateTimeField(null=True)),
            ("verified_at", models.DateTimeField(null=True)),
            ("finding", models.TextField(blank=True)),
        ],
    ),
    migrations.CreateModel(
        name="AuditLink",
        fields=[
            ("entry", models.UUIDField(primary_key=True, serialize=False)),
            ("position", models.PositiveBigIntegerField()),
            ("digest", models.CharField(max_length=64)),
            (
                "chain",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="links",
                    to="tenants.auditchain",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("chain", "position"), name="audit_link_position")
            ],
        },
    ),
    migrations.CreateModel(
        name="Invitation",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            (
                "email",
                models.EmailField(
                    blank=True,
                    help_text="Empty: hand the link over yourself.",
                    max_length=254,
                    verbose_name="e-mail",
                ),
            ),
            (
                "role",
                models.CharField(
                    choices=[
                        ("owner", "owner"),
                        ("admin", "administrator"),
                        ("manager", "manager"),
                        ("agent", "agent"),
                        ("viewer", "viewer"),
                    ],
                    default="viewer",
                    max_length=10,
                    verbose_name="role",
                ),
            ),
            ("digest", models.CharField(editable=False, max_length=64, unique=True)),
            (
                "created_at",
                models.DateTimeField(
                    default=django.utils.timezone.now, editable=False, verbose_name="created"
                ),
            ),
            (
                "expires_at",
                models.DateTimeField(
                    default=tenants.models.invitation._week_from_now,
                    editable=False,
                    verbose_name="valid until",
                ),
            ),
            ("accepted_at", models.DateTimeField(editable=False, null=True, verbose_name="accepted")),
            (
                "accepted_by",
                models.ForeignKey(
                    editable=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="accepted by",
                ),
            ),
            (
                "extension",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="tenants.extension",
                    verbose_name="extension",
                ),
            ),
            (
                "invited_by",
                models.ForeignKey(
                    editable=False,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tenants.member",
                    verbose_name="invited by",
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
            "verbose_name": "invitation",
            "verbose_name_plural": "invitations",
            "ordering": ["-id"],
        },
    ),
    migrations.CreateModel(
        name="ChangeMark",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("topic", models.CharField(max_length=40)),
            ("key", models.CharField(max_length=64)),
            ("version", models.PositiveBigIntegerField(unique=True)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("topic", "key"), name="change_mark_thing")],
        },
    ),
]


def keep_name(apps, schema_editor):
    """0003 made this constraint in a table that was there; its name should not tell how old an installation is."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE tenants_user RENAME CONSTRAINT tenants_user_username_key_key"
            " TO tenants_user_username_key_fb4f169a_uniq"
        )


def lock(apps, schema_editor):
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):
    replaces = [
        ("tenants", "0001_initial"),
        ("tenants", "0002_machines"),
        ("tenants", "0003_name_keys"),
        ("tenants", "0004_audit_chain"),
        ("tenants", "0005_own_network"),
        ("tenants", "0006_invitations"),
        ("tenants", "0007_people_mail"),
        ("tenants", "0008_work_by_group"),
        ("tenants", "0009_configuration_marks"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateModels(TABLES),
        migrations.RunPython(keep_name, migrations.RunPython.noop),
        migrations.RunPython(lock, migrations.RunPython.noop),
    ]

"""Sessions, failures and letters, as 0001 and 0002 left them, for databases that have nothing yet."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import config.ids
import tenants.addresses
import tenants.fields
from config.initial_tables import CreateModels

TABLES = [
    migrations.CreateModel(
        name="SignInRules",
        fields=[
            (
                "tenant",
                models.OneToOneField(
                    editable=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="sign_in_rules",
                    serialize=False,
                    to="tenants.tenant",
                ),
            ),
            (
                "requires_two_factor",
                models.BooleanField(
                    default=False,
                    help_text="Members set up a passkey or an authenticator app before they can do anything else.",
                    verbose_name="two-factor required",
                ),
            ),
            (
                "idle_minutes",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="Sessions end after so long without a request. Empty: as the installation has it.",
                    null=True,
                    validators=[
                        django.core.validators.MinValueValidator(5),
                        django.core.validators.MaxValueValidator(10080),
                    ],
                    verbose_name="idle time-out, minutes",
                ),
            ),
            (
                "networks",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Members get in only from these addresses or networks. Empty: from everywhere.",
                    validators=[tenants.addresses.check_networks],
                    verbose_name="allowed addresses",
                ),
            ),
        ],
        options={
            "verbose_name": "sign-in rules",
            "verbose_name_plural": "sign-in rules",
        },
    ),
    migrations.CreateModel(
        name="Failures",
        fields=[
            ("key", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
            ("way", models.CharField(max_length=10, verbose_name="counted by")),
            ("address", models.CharField(blank=True, max_length=43, verbose_name="from")),
            ("count", models.PositiveIntegerField(default=0, verbose_name="failures")),
            ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="since")),
            (
                "last_at",
                models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="last"),
            ),
            ("locked_until", models.DateTimeField(null=True, verbose_name="locked until")),
            (
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="user",
                ),
            ),
        ],
        options={
            "verbose_name": "lock-out",
            "verbose_name_plural": "lock-outs",
        },
    ),
    migrations.CreateModel(
        name="Session",
        fields=[
            ("session_data", models.TextField(verbose_name="session data")),
            ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
            (
                "session_key",
                models.CharField(editable=False, max_length=64, primary_key=True, serialize=False),
            ),
            ("address", models.GenericIPAddressField(null=True, verbose_name="from")),
            ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="program")),
            ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="signed in")),
            ("seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last seen")),
            (
                "tenant",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
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
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="user",
                ),
            ),
        ],
        options={
            "verbose_name": "session",
            "verbose_name_plural": "sessions",
            "indexes": [models.Index(fields=["tenant", "-seen_at"], name="session_tenant_seen")],
        },
    ),
    migrations.CreateModel(
        name="ForgottenPassword",
        fields=[
            (
                "id",
                tenants.fields.UUID7Field(
                    default=config.ids.uuid7, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("typed", tenants.fields.EncryptedTextField()),
            ("address", models.GenericIPAddressField(null=True)),
            ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
        ],
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
            (
                "kind",
                models.CharField(
                    choices=[
                        ("password_link", "Password Link"),
                        ("password_changed", "Password Changed"),
                        ("factor_removed", "Second Factor Removed"),
                    ],
                    max_length=20,
                ),
            ),
            ("about", models.JSONField(default=dict)),
            ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("sent_at", models.DateTimeField(null=True)),
            ("digest", models.CharField(max_length=64, null=True, unique=True)),
            ("mark", models.CharField(blank=True, max_length=64)),
            ("used_at", models.DateTimeField(null=True)),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "indexes": [models.Index(fields=["user", "kind", "created_at"], name="letter_user_kind")],
        },
    ),
]


class Migration(migrations.Migration):
    replaces = [("signin", "0001_initial"), ("signin", "0002_people_mail")]

    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [CreateModels(TABLES)]

"""Keys with limits, rotation and signatures; trusted systems that use OAuth2."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import config.ids
import tenants.fields
import tenants.models.credential
import tenants.models.oauth


class Migration(migrations.Migration):
    # The library's tokens point at our application.
    run_before = [("oauth2_provider", "0001_initial")]
    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OAuthApplication",
            fields=[
                (
                    "redirect_uris",
                    models.TextField(
                        blank=True,
                        help_text="Allowed URIs list, space separated",
                        verbose_name="redirect URIs",
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
            ],
            options={
                "verbose_name": "trusted system",
                "verbose_name_plural": "trusted systems (OAuth2)",
                "ordering": ["name"],
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
            ],
        ),
        migrations.AddField(
            model_name="apikey",
            name="allowed_networks",
            field=models.JSONField(
                blank=True,
                default=list,
                validators=[tenants.models.credential.validate_networks],
                verbose_name="allowed addresses",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_from",
            field=models.GenericIPAddressField(editable=False, null=True, verbose_name="last used from"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="must_sign",
            field=models.BooleanField(
                default=False,
                help_text="The key itself is refused then; every request carries a signature instead.",
                verbose_name="requests must be signed",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="previous_digest",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="previous_prefix",
            field=models.CharField(blank=True, editable=False, max_length=16, verbose_name="previous key"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="previous_signing_secret",
            field=tenants.fields.EncryptedTextField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="previous_until",
            field=models.DateTimeField(editable=False, null=True, verbose_name="previous key works until"),
        ),
        migrations.AddField(
            model_name="apikey",
            name="requests_per_minute",
            field=models.PositiveIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="requests per minute",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="signing_secret",
            field=tenants.fields.EncryptedTextField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(
                default=list, validators=[tenants.models.credential.validate_scopes], verbose_name="scopes"
            ),
        ),
        migrations.AddConstraint(
            model_name="apikey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("previous_digest", None), ("previous_until__isnull", False), _connector="OR"
                ),
                name="api_key_previous_ends",
            ),
        ),
        migrations.AddField(
            model_name="oauthapplication",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenants.tenant",
                verbose_name="company",
            ),
        ),
        migrations.AddField(
            model_name="oauthapplication",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="%(app_label)s_%(class)s",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AddField(
            model_name="seennonce",
            name="key",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.apikey"
            ),
        ),
        migrations.AddField(
            model_name="seennonce",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenants.tenant",
                verbose_name="company",
            ),
        ),
        migrations.AddConstraint(
            model_name="oauthapplication",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="oauth_application_name"),
        ),
        migrations.AddIndex(
            model_name="seennonce",
            index=models.Index(fields=["created_at"], name="seen_nonce_age"),
        ),
        migrations.AddConstraint(
            model_name="seennonce",
            constraint=models.UniqueConstraint(fields=("key", "nonce"), name="seen_nonce"),
        ),
    ]

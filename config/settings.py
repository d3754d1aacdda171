"""Django's settings, all derived from the environment (config/env.py; documented in .env.example)."""

import gc
import os
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from config import api_settings
from config import env as environment
from config.database import database
from config.env import BASE_DIR, DATA_DIR, PORT, env
from config.openid import providers as openid_providers
from config.theme import UNFOLD as THEME

# What starts is there to stay: looking for garbage in it is a fifth of the time that a process takes to start.
# Collecting begins when all apps are ready (config/apps.py).
gc.disable()

SECRET_KEY = environment.SECRET_KEY
ENCRYPTION_KEYS = environment.ENCRYPTION_KEYS

DEBUG = env.bool("DEBUG", default=False)
PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
# https:// is what makes an installation a server: secure cookies, HSTS, only its own host names.
IS_HTTPS = PUBLIC_URL.startswith("https://")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS",
    default=[urlsplit(PUBLIC_URL).hostname, "localhost", "127.0.0.1", "[::1]"] if IS_HTTPS else ["*"],
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "tenants.apps.SwitchboardAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "django_celery_beat",
    "oauth2_provider",
    "tenants.apps.TenantsConfig",
    "tenants.signin.apps.SignInConfig",
    "webhooks",
    "exports",
    "integrations",
    "telephony",
    "config.apps.InstallationConfig",  # the last one to be ready
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.SecurityHeaders",
    "config.middleware.Correlation",
    "config.middleware.ApiPaths",
    "tenants.signin.middleware.AdminNetworks",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tenants.signin.authentication.Authentication",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tenants.middleware.TenantScope",
    "tenants.signin.middleware.Door",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["tenants.signin.authentication.Backend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Widgets of our own have templates beside the pages.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.admin.navigation.companies",
                "tenants.signin.context.admin_look",
            ],
        },
    },
]

DATABASES = {"default": database()}

CACHES = {"default": env.cache("CACHE_URL", default="locmemcache://switchboard")}
if CACHES["default"]["BACKEND"].endswith("LocMemCache"):
    # Django's 300 would let a few hundred callers push each other's request counts out.
    CACHES["default"].setdefault("OPTIONS", {})["MAX_ENTRIES"] = 100_000

# Broker: files below DATA_DIR until BROKER_URL names RabbitMQ or Redis. Messages only wake workers, rows are the truth.
CELERY_BROKER_URL: str = env.str("BROKER_URL", default="filesystem://")
IS_EMBEDDED_BROKER = CELERY_BROKER_URL.startswith("filesystem://")

EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
globals().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL: str = env.str("EMAIL_FROM", default=f"switchboard@{urlsplit(PUBLIC_URL).hostname}")

LANGUAGE_CODE: str = env.str("LANGUAGE_CODE", default="ru")
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
FORMAT_MODULE_PATH = ["config.formats"]
# A connector may bring the translations of what it says itself: adding one touches its folder only.
LOCALE_PATHS = [
    BASE_DIR / "locale",
    BASE_DIR / "locale" / "packages",
    *sorted(BASE_DIR.glob("integrations/connectors/[!_]*/locale")),
]
TIME_ZONE: str = env.str("TIME_ZONE", default="UTC")
USE_TZ = True

UNFOLD = THEME

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = DATA_DIR / "media"

SESSION_COOKIE_NAME = f"switchboard_{PORT}"  # two copies on one host must not log each other out
CSRF_COOKIE_NAME = f"switchboard_csrf_{PORT}"
SESSION_ENGINE = "tenants.signin.sessions"
SESSION_COOKIE_AGE = env.int("SESSION_MAX_HOURS", default=7 * 24) * 3600
SESSION_IDLE_MINUTES: int = env.int("SESSION_IDLE_MINUTES", default=12 * 60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
TRUSTED_PROXIES: list[str] = env.list("TRUSTED_PROXIES", default=[])
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Without a proxy that is believed every request looks like plain http: a redirect would turn in a circle.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS and bool(TRUSTED_PROXIES))
# Pages that people open. The telephone exchange in the local network and /health go on speaking plain http.
SECURE_REDIRECT_EXEMPT = [r"^(?!admin/|docs$|redoc$|i18n/|$)"]
X_FRAME_OPTIONS = "DENY"
# The preload list is for whole domains, and its owner's decision.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# People: passwords, second factors, sign-in at another system (docs/signing-in.md).
PASSWORD_MIN_LENGTH: int = env.int("PASSWORD_MIN_LENGTH", default=12)
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "first_name", "last_name", "email")},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "tenants.signin.passwords.BreachedPasswordValidator",
        "OPTIONS": {"path": env.str("BREACHED_PASSWORDS", default="")},
    },
    {"NAME": "tenants.signin.passwords.MonotonousPasswordValidator"},
    {"NAME": "tenants.trail.people.PasswordsAudited"},
]
OPERATORS_NEED_TWO_FACTOR: bool = env.bool("OPERATORS_NEED_TWO_FACTOR", default=False)
ADMIN_NETWORKS: list[str] = env.list("ADMIN_NETWORKS", default=[])
SOCIALACCOUNT_ADAPTER = "tenants.signin.openid.SocialAdapter"
SOCIALACCOUNT_PROVIDERS = openid_providers(
    env.str("OIDC_URL", default=""),
    env.str("OIDC_CLIENT_ID", default=""),
    env.str("OIDC_CLIENT_SECRET", default=""),
    env.str("OIDC_NAME", default="OpenID Connect"),
    trusts_email=env.bool("OIDC_TRUSTS_EMAIL", default=False),
)
ACCOUNT_ADAPTER = "tenants.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_FORMS = {"reauthenticate": "tenants.signin.forms.RepeatedPasswordForm"}
ACCOUNT_RATE_LIMITS = False  # tenants/signin/throttle.py counts in the database, for every process
MFA_ADAPTER = "tenants.signin.adapters.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Switchboard"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODE_DIGITS = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "tenants.signin.forms.CodeForm",
    "reauthenticate": "tenants.signin.forms.RepeatedCodeForm",
    "activate_totp": "tenants.signin.forms.ActivateForm",
    "add_webauthn": "tenants.signin.forms.PasskeyForm",
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_SIZE", default=5 * 1024 * 1024)


# The API's libraries: config/api_settings.py.
REST_FRAMEWORK = api_settings.REST_FRAMEWORK
OAUTH2_PROVIDER = api_settings.OAUTH2_PROVIDER
OAUTH2_PROVIDER_APPLICATION_MODEL = api_settings.OAUTH2_PROVIDER_APPLICATION_MODEL
SPECTACULAR_SETTINGS = api_settings.SPECTACULAR_SETTINGS

# What leaves and what stays (documented in .env.example).
# Off only in tests, which work through lanes by hand.
WAKE_WORKERS: bool = env.bool("WAKE_WORKERS", default=True)
EGRESS_ALLOW: list[str] = env.list("EGRESS_ALLOW", default=[])
# Whether people may start simulators in the catalogue; `serve` says so while there is a demo.
SIMULATORS: bool = env.bool("SIMULATORS", default=False)
WEBHOOK_DELIVERY_TIMEOUT: float = env.float("WEBHOOK_DELIVERY_TIMEOUT", default=20.0)
WEBHOOK_MAX_RETRIES: int = env.int("WEBHOOK_MAX_RETRIES", default=9)
# The proxy for deliveries of endpoints without one of their own: http://host:port or socks5h://host:port.
WEBHOOK_PROXY: str = env.str("WEBHOOK_PROXY", default="")
WEBHOOK_RETRY_DELAY: float = env.float("WEBHOOK_RETRY_DELAY", default=5.0)
# Bytes of one request to an inbound webhook.
INBOUND_MAX_SIZE: int = env.int("INBOUND_MAX_SIZE", default=2 * 1024 * 1024)
# Where the audit trail's copy goes, as tenants/trail/stream.py reads it; empty for nowhere.
AUDIT_LOG: str = env.str("AUDIT_LOG", default="")
# Days that messages of messengers are kept; 0 keeps them for good.
MESSAGE_RETENTION_DAYS: int = env.int("MESSAGE_RETENTION_DAYS", default=365)
EXPORT_DIR = Path(env.str("EXPORT_DIR", default=str(DATA_DIR / "exports")))
EXPORT_MAX_FILE_SIZE: int = env.int("EXPORT_MAX_FILE_SIZE", default=2 * 1024**3)
EXPORT_RETENTION_HOURS: int = env.int("EXPORT_RETENTION_HOURS", default=24)
IMPORT_MAX_FILE_SIZE: int = env.int("IMPORT_MAX_FILE_SIZE", default=45 * 1024**2)
IMPORT_MAX_ROWS: int = env.int("IMPORT_MAX_ROWS", default=1_000_000)
IMPORT_RETENTION_HOURS: int = env.int("IMPORT_RETENTION_HOURS", default=7 * 24)
# Of companies without limits of their own; 0 stands for none.
EXPORT_MAX_ROWS: int = env.int("EXPORT_MAX_ROWS", default=0)
EXPORT_MAX_KEPT_SIZE: int = env.int("EXPORT_MAX_KEPT_SIZE", default=0)
EXPORT_CONCURRENT: int = env.int("EXPORT_CONCURRENT", default=1)
EXPORT_MAX_UNFINISHED: int = env.int("EXPORT_MAX_UNFINISHED", default=100)
EXTERNAL_API_TIMEOUT: float = env.float("EXTERNAL_API_TIMEOUT", default=10.0)
EXTERNAL_API_RATE_LIMIT: int = env.int("EXTERNAL_API_RATE_LIMIT", default=10)
DB_SYNC_BATCH_SIZE: int = env.int("DB_SYNC_BATCH_SIZE", default=1000)
DB_SYNC_TIMEOUT: int = env.int("DB_SYNC_TIMEOUT", default=300)
PBX_EVENT_MAX_SIZE: int = env.int("PBX_EVENT_MAX_SIZE", default=64 * 1024)
# Folders of this machine below which recordings of calls may be read; none by default.
RECORDING_ROOTS: list[str] = env.list("RECORDING_ROOTS", default=[])
CALL_END_GRACE: float = env.float("CALL_END_GRACE", default=3.0)  # seconds; a transfer may continue the call
CALL_RECORDS_DIR: str = env.str("CALL_RECORDS_DIR", default="")
CALL_RECORDS_MAX_SIZE: int = env.int("CALL_RECORDS_MAX_SIZE", default=20 * 1024 * 1024)

# Error reports by the rules of config/masking.py.
DEFAULT_EXCEPTION_REPORTER = "config.error_pages.MaskingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_pages.MaskingFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"masking": {"()": "config.logs.MaskSecrets"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masking"]}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "ERROR"},
        # It writes whole addresses, and some systems want their key in the path.
        "urllib3": {"level": "INFO"},
    },
}

django_stubs_ext.monkeypatch()

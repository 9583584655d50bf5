"""Wiring of Django, Channels, Celery and the libraries. No domain words live here."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from snakeweb import environment

SURROUNDINGS = environment.read()
PRODUCTION = SURROUNDINGS.production
# In a checkout templates/, static/ and docs/ stand at the top; the wheel carries them inside this package.
_HERE = Path(__file__).resolve().parent
ASSETS_DIR = _HERE if (_HERE / "templates").is_dir() else _HERE.parent

SECRET_KEY, *SECRET_KEY_FALLBACKS = SURROUNDINGS.secret_keys
DEBUG = SURROUNDINGS.debug
ALLOWED_HOSTS = list(SURROUNDINGS.allowed_hosts)

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",  # allauth's page of security keys loads its tags
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "django_htmx",
    "heroicons",
    "ninja",
    "template_partials",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "migrations_app",
]

MIDDLEWARE = [
    "migrations_app.web.middleware.RequestIdMiddleware",
    "migrations_app.web.security_headers.SecurityHeadersMiddleware",
    "migrations_app.api.middleware.ApiEnvelope",
    "migrations_app.web.denied.DenialMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "migrations_app.web.unkept_text.NoNulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "migrations_app.web.session_activity.SessionActivityMiddleware",
    "migrations_app.web.middleware.ActorMiddleware",
    "migrations_app.web.rate_limits.RateLimitMiddleware",
]

ROOT_URLCONF = "snakeweb.urls"
ASGI_APPLICATION = "snakeweb.asgi.application"
WSGI_APPLICATION = None

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ASSETS_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "migrations_app.web.shell.frame",
                "migrations_app.web.theme.chosen",
            ],
            "builtins": [
                "migrations_app.web.tags",
                "migrations_app.web.yaml_view",
                "migrations_app.web.run_tags",
                "migrations_app.web.plan_tags",
                "migrations_app.web.help",
                "template_partials.templatetags.partials",
            ],
        },
    },
]

DATABASES = {"default": dj_database_url.parse(SURROUNDINGS.database_url, conn_max_age=0)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    # With Django's default mode most concurrent write transactions fail; IMMEDIATE queues them (DESIGN section 10).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    # Real workers share the database in tests, so it is a file there too.
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.test"}
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "migrations_app.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it counts a try before the next one judges it
    "allauth.account.auth_backends.AuthenticationBackend",
]
AXES_HANDLER = "migrations_app.web.lockout.CountingHandler"
AXES_ENABLE_ADMIN = False  # locks are seen and lifted under Settings, People
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W002"]  # its middleware replaces pages; ours say it in the form
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_ADAPTER = "migrations_app.web.accounts.InvitationOnlyAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds; signing asks for a password no older (DESIGN section 5)
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "migrations_app.web.second_factors.SealingMFAAdapter"
# services/rate_limits.py counts tries, services/lockouts.py wrong ones; allauth would count in each process alone.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SURROUNDINGS.production  # http://localhost is where one tries it out
MFA_FORMS = {
    "authenticate": "migrations_app.web.lockout.CodeForm",
    "reauthenticate": "migrations_app.web.lockout.CodeAgainForm",
    "authenticate_webauthn": "migrations_app.web.lockout.KeyForm",
    "reauthenticate_webauthn": "migrations_app.web.lockout.KeyAgainForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come with the invitation; a second factor must not wait for mail

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = environment.STATE_DIRECTORY / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns in every process about one that is not there
STATICFILES_DIRS = [ASSETS_DIR / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "snakeweb.static_storage.StaticStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # redis-py 8 closes a silent socket after 5 s unless its timeout is above the layer's own 5 s wait.
        "CONFIG": {"hosts": [{"address": SURROUNDINGS.redis_url, "socket_timeout": 15}]},
    }
}

CELERY_BROKER_URL = SURROUNDINGS.redis_url
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}  # ten slices (DESIGN section 10)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# `celery -A snakeweb beat`; any number of it may run, a time becomes one run all the same.
CELERY_BEAT_SCHEDULE = {
    "schedules": {
        "task": "snakeweb.run_due_schedules",
        "schedule": 10.0,  # seconds; what nobody took up in thirty is in the way of the next
        "options": {"queue": "control", "expires": 30},
    },
    "audit": {
        "task": "snakeweb.seal_audit",
        "schedule": 30.0,
        "options": {"queue": "control", "expires": 60},
    },
    "new audit entries": {
        "task": "snakeweb.watch_audit",
        "schedule": 60.0,
        "options": {"queue": "control", "expires": 120},
    },
    "repeated denials": {
        "task": "snakeweb.tell_repeated_denials",
        "schedule": 60.0,
        "options": {"queue": "control", "expires": 120},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(environment.STATE_DIRECTORY / "beat-schedule")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:
    SESSION_COOKIE_NAME = "__Host-sessionid"  # a neighbour under the same domain cannot plant one
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

DEFAULT_EXCEPTION_REPORTER = "migrations_app.web.error_reports.RedactingReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "migrations_app.web.error_reports.RedactingFilter"

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = environment.STATE_DIRECTORY / "mail"
DEFAULT_FROM_EMAIL = SURROUNDINGS.mail_from
EMAIL_TIMEOUT = 10  # seconds
if SURROUNDINGS.smtp_url:
    _MAIL = urlsplit(SURROUNDINGS.smtp_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = (
        _MAIL.hostname or "localhost",
        _MAIL.port or {"smtps": 465, "smtp": 25}.get(_MAIL.scheme, 587),
    )
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
    EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.scheme == "smtps", _MAIL.scheme == "smtp+tls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "migrations_app.runtime.log_redaction.RedactingFormatter",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "migrations_app.runtime.json_log.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": SURROUNDINGS.log_format}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Named, so that handlers that others gave them are gone, whose formatters hide nothing: Django's own (which
        # also mails, if ADMINS are set), and those that Celery makes where there are none.
        "django": {"level": "INFO"},
        "django.server": {"level": "INFO", "propagate": True},
        "celery.task": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "multiprocessing": {"handlers": ["console"], "propagate": False},
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "opentelemetry": {"level": "CRITICAL"},  # runtime/otlp.py says it once, instead of at every try
        # It reports each wake-up that a web process which is gone does not fetch; those are made to be lost.
        "channels_redis": {"level": "WARNING"},
    },
}

# The seed's configuration, key by key; what is not given here takes the advanced block's value (DESIGN section 3).
SNAKEWEB_MIGRATION: dict[str, object] = {"custom_handlers": SURROUNDINGS.custom_handlers}
SNAKEWEB_STATE = environment.STATE_DIRECTORY
SNAKEWEB_FILE_ROOTS = SURROUNDINGS.file_roots
SNAKEWEB_ARTIFACTS_URL = SURROUNDINGS.artifacts_url
SNAKEWEB_AUDIT_CHECKPOINTS_URLS = SURROUNDINGS.audit_checkpoints_urls
SNAKEWEB_AUDIT_PUBLIC_KEYS = SURROUNDINGS.audit_public_keys
SNAKEWEB_PRODUCTION = PRODUCTION
SNAKEWEB_TRACES_URL = SURROUNDINGS.traces_url  # '': nothing is traced
SNAKEWEB_TRACES_HEADERS = SURROUNDINGS.traces_headers
SNAKEWEB_TRACES_RATIO = SURROUNDINGS.traces_ratio
SNAKEWEB_DEBUG_ASKED = SURROUNDINGS.debug_asked
SNAKEWEB_RATE_LIMITS: dict[str, str] = SURROUNDINGS.rate_limits
SNAKEWEB_IMPACT_SECONDS = SURROUNDINGS.impact_seconds  # 0: targets of runs are not read
SNAKEWEB_SECOND_FACTOR_ROLES = SURROUNDINGS.second_factor_roles
SNAKEWEB_OUTGOING_NETWORKS = SURROUNDINGS.outgoing_networks
SNAKEWEB_OIDC_ISSUER = SURROUNDINGS.oidc["issuer"]  # '': there is no single sign-on
SNAKEWEB_OIDC_NAME = SURROUNDINGS.oidc["name"]
SNAKEWEB_OIDC_CLIENT_ID = SURROUNDINGS.oidc["client_id"]
SNAKEWEB_OIDC_CLIENT_SECRET = SURROUNDINGS.oidc["client_secret"]
SNAKEWEB_OIDC_GROUPS_CLAIM = SURROUNDINGS.oidc["groups_claim"]
SNAKEWEB_OIDC_SECOND_FACTORS = SURROUNDINGS.oidc["second_factors"]
SNAKEWEB_SAML: dict[str, Any] = SURROUNDINGS.saml  # without `metadata` and `entity_id` there is none
SNAKEWEB_SIGN_ON_ROLES = SURROUNDINGS.sign_on_roles
SNAKEWEB_TRUSTED_PROXIES = SURROUNDINGS.trusted_proxies
SNAKEWEB_SECRET_KEYS = SURROUNDINGS.secret_keys
SNAKEWEB_SECRET_KEYS_GENERATED = SURROUNDINGS.secret_keys_generated

"""The one settings file. Every value that may differ between machines comes from the environment.

Embedded servers (`make run`) and own servers differ only in DATABASE_URL and REDIS_URL.
"""

from pathlib import Path

import django_stubs_ext
from celery.schedules import crontab, schedule
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from contactcenter import environment

# lets classes of Django be subscripted at run time as their type stubs are (ModelAdmin[Account])
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var")))

DEBUG = environment.boolean("DEBUG", default=False)
DEMO = environment.boolean("DEMO", default=False)
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.integer("PORT", default=8000, minimum=1, maximum=65535)

_DEVELOPMENT_KEY = "development-only-key-replace-me-with-SECRET_KEY-in-production"
SECRET_KEY = environment.text("SECRET_KEY", _DEVELOPMENT_KEY)
HTTPS = environment.boolean("HTTPS", default=False)
if HTTPS and SECRET_KEY == _DEVELOPMENT_KEY:
    raise ImproperlyConfigured("SECRET_KEY: set a long random value before serving over HTTPS.")
if len(SECRET_KEY) < 32:
    raise ImproperlyConfigured("SECRET_KEY: expected at least 32 characters.")

# The first key seals secrets at rest, all of them open them (docs/channels.md says how to change keys).
SECRETS_KEYS = environment.fernet_keys("SECRETS_KEYS", derived_from=SECRET_KEY)

ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", HOST])
# Where providers reach this installation: their webhooks are called below it, and signed over it.
PUBLIC_URL = environment.base_url("PUBLIC_URL", default=f"{'https' if HTTPS else 'http'}://{HOST}:{PORT}")
# Private addresses that outbound requests may reach all the same: gateways on the own premises.
OUTBOUND_ALLOWED_HOSTS = environment.host_ports("OUTBOUND_ALLOWED_HOSTS")
# Machine translation of messages, for clients who agreed: LibreTranslate or DeepL, its address, key and price.
TRANSLATION_PROVIDER = environment.choice("TRANSLATION_PROVIDER", default="", choices=["", "libretranslate", "deepl"])
TRANSLATION_URL = environment.base_url("TRANSLATION_URL", default="https://api.deepl.com")
TRANSLATION_KEY = environment.text("TRANSLATION_KEY", "")
TRANSLATION_PRICE_PER_MILLION = environment.integer(
    "TRANSLATION_PRICE_PER_MILLION", default=0, minimum=0, maximum=100_000
)
TRANSLATION_CURRENCY = environment.text("TRANSLATION_CURRENCY", "EUR")
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "contactcenter.kernel.adminsite.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "contactcenter.kernel",
    "contactcenter.tenancy",
    "contactcenter.operators",
    "contactcenter.contacts",
    "contactcenter.playbooks",
    "contactcenter.tickets",
    "contactcenter.worktime",
    "contactcenter.routing",
    "contactcenter.realtime",
    "contactcenter.dashboards",
    "channels_app",
    "billing",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "contactcenter.kernel.http.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "contactcenter.tenancy.middleware.PersonMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "contactcenter.tenancy.middleware.AccountScopeMiddleware",
]

ROOT_URLCONF = "contactcenter.urls"
ASGI_APPLICATION = "contactcenter.asgi.application"
WSGI_APPLICATION = "contactcenter.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- servers -------------------------------------------------------------------------------------
# Requests a web process answers at once (kernel/threaded.py); each thread keeps its database connection.
WEB_THREADS = environment.integer("WEB_THREADS", default=8, minimum=1, maximum=200)
DATABASES = {
    "default": {
        **environment.postgres("DATABASE_URL", default="postgresql://postgres@127.0.0.1:5432/contactcenter"),
        "ATOMIC_REQUESTS": False,
        "ENGINE": "contactcenter.kernel.postgres",
        "CONN_MAX_AGE": environment.integer("DATABASE_CONN_MAX_AGE", default=600, minimum=0, maximum=3600),
        "CONN_HEALTH_CHECKS": True,
        # a PgBouncer that pools by transaction and is older than 1.21 cannot keep prepared statements apart
        "OPTIONS": {
            "connect_timeout": 5,
            "prepare_threshold": 5 if environment.boolean("DATABASE_PREPARED_STATEMENTS", default=True) else None,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis("REDIS_URL", default="redis://127.0.0.1:6379/0")

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}
# Valkey's publish/subscribe channel of live events; installations that share a server need names of their own.
LIVE_CHANNEL = environment.text("LIVE_CHANNEL", "live")
SESSION_ENGINE = "contactcenter.tenancy.sessions"

# --- background work -----------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_DEFAULT_QUEUE = "default"
# What may take long has a queue and processes of its own, so that no reply and no offer waits for it. A worker that is
# given no queue by name serves both.
HEAVY_QUEUE = "heavy"
HEAVY_TASK_TIME_LIMIT = 4 * 3600
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, HEAVY_QUEUE)]
CELERY_TASK_ROUTES = {
    name: {"queue": HEAVY_QUEUE}
    for name in (
        "billing.run",
        "billing.draft_ended_months",
        "billing.build_hours",
        "billing.build_comparison",
        "billing.watch",
        "billing.sweep",
        "billing.send_invoice",
        "billing.send_invoices",
        "billing.send_reminder",
        "billing.send_reminders",
        "dashboards.prove",
        "worktime.reallocate",
    )
}
# A task that runs longer than the visibility timeout is handed out a second time. What a killed worker left behind is
# found by the sweepers long before.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": HEAVY_TASK_TIME_LIMIT + 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"


def _every(seconds: int, task: str) -> dict[str, object]:
    """Ask for a task so often; while no worker takes them, no more than ten of a kind wait."""
    return {"task": task, "schedule": schedule(float(seconds)), "options": {"expires": 10 * seconds}}


# Sweepers find in the database whatever a lost broker or a killed worker left behind.
CELERY_BEAT_SCHEDULE = {
    "intake": _every(10, "channels.sweep"),
    "phone": _every(30, "channels.reduce_phone_logs"),
    "lost-calls": _every(300, "channels.close_lost_calls"),
    "templates": _every(3600, "channels.refresh_templates"),
    "offers": _every(1, "routing.expire"),
    "waiting": _every(5, "routing.sweep"),
    "matching": _every(30, "routing.rematch"),
    "worktime": _every(30, "worktime.sweep"),
    "usage": _every(60, "billing.sweep"),
    "alerts": _every(60, "billing.watch"),
    "alert_mails": _every(300, "billing.send_alerts"),
    "reminders": _every(600, "billing.send_reminders"),
    "quotes": _every(3600, "billing.expire_quotes"),
    "documents": _every(60, "billing.send_invoices"),
    "bills": _every(21_600, "billing.draft_ended_months"),
    "events": _every(3600, "kernel.trim_events"),
    "webhooks": _every(2, "webhooks.feed"),
    "webhook_log": _every(3600, "webhooks.forget"),
    "answers": _every(3600, "tenancy.forget_answers"),
    "rollups": _every(3, "dashboards.fold"),
    "proof": {"task": "dashboards.prove", "schedule": crontab(hour="2", minute="40")},
    "heartbeat": _every(10, "kernel.heartbeat"),
}

# --- people and sessions -------------------------------------------------------------------------
AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "contactcenter.tenancy.login.ClosedSignupAdapter"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_reset_password_from_key": "/login/reset/{key}",
    "account_signup": "/login",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# RFC 6238, 5.2: at most one step for the time that typing and the network take
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Contact centre"
LOGIN_URL = "/login"

SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- outgoing webhooks ---------------------------------------------------------------------------
# For gateways on the own premises (see OUTBOUND_ALLOWED_HOSTS); everybody else is told by https only.
WEBHOOKS_ALLOW_HTTP = environment.boolean("WEBHOOKS_ALLOW_HTTP", default=False)
WEBHOOKS_DISABLED_AFTER_DAYS = environment.integer("WEBHOOKS_DISABLED_AFTER_DAYS", default=5, minimum=1, maximum=60)

# --- HTTP API ------------------------------------------------------------------------------------
API_KEY_REQUESTS_PER_MINUTE = environment.integer(
    "API_KEY_REQUESTS_PER_MINUTE", default=600, minimum=1, maximum=1_000_000
)
REST_FRAMEWORK = {
    # a key goes first: a session beside it counts for nothing
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "contactcenter.tenancy.key_login.ApiKeyAuthentication",
        "contactcenter.tenancy.login.BrowserSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "contactcenter.kernel.http.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Contact centre",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ServiceLevelFormulaEnum": "contactcenter.tenancy.models.ServiceLevelFormula",
        "WebhookDeliveryState": "channels_app.subscriptions.models.DeliveryState",
        "WebhookEvent": "channels_app.subscriptions.models.WebhookEvent",
        "ApiScope": "contactcenter.tenancy.models.ApiScope",
        "ContradictionKind": "contactcenter.worktime.models.ContradictionKind",
        "CorrectionState": "contactcenter.worktime.models.CorrectionState",
        "IdlePolicyKind": "contactcenter.worktime.models.IdlePolicyKind",
        "OpenPolicyKind": "contactcenter.worktime.models.OpenPolicyKind",
        "SliceKind": "contactcenter.worktime.models.SliceKind",
        "AssignableKind": ["talk", "focus", "wrap", "break", "idle"],
        "AuthorKind": ["contact", "operator", "system"],
        "CallRequestState": "channels_app.models.CallRequestState",
        "CallAction": "channels_app.models.CallAction",
        "CallOrderState": "channels_app.models.CallOrderState",
        "Channel": "contactcenter.tickets.models.Channel",
        "FileState": "contactcenter.tickets.models.FileState",
        "TranslationState": "contactcenter.tickets.models.TranslationState",
        "CallbackState": "contactcenter.routing.models.CallbackState",
        "Direction": "contactcenter.tickets.models.Direction",
        "EndpointKind": "channels_app.models.EndpointKind",
        "EntryType": ["message", "call", "note", "event", "rating"],
        "AlertMeasure": ["amount", "minimum", "included"],
        "AlertMoment": ["reached", "expected"],
        "ComparedTariffState": ["own", "ready", "being_built", "needs_contacts", "other_currency", "other_cycle"],
        "BillPart": ["usage", "fees", "minimum", "discounts"],
        "ForecastState": "billing.models.ForecastState",
        "LineKind": [
            *("usage", "surcharge", "discount", "cap", "recurring", "true_up", "set_up", "holiday", "one_off"),
            *("credit", "correction"),
        ],
        "InvoiceStatus": "billing.models.InvoiceStatus",
        "DisputeState": "billing.models.DisputeState",
        "AddOnKind": "billing.models.AddOnKind",
        "AddOnState": "billing.models.AddOnState",
        "Side": "billing.models.Side",
        "MovementKind": "billing.models.MovementKind",
        "DeliveryState": "billing.models.DeliveryState",
        "ProposalState": "billing.models.ProposalState",
        "LateChoice": "billing.models.LateChoice",
        "PaymentSource": "billing.models.PaymentSource",
        "DocumentKind": "billing.models.DocumentKind",
        "CreditReason": "billing.models.CreditReason",
        "QuoteStatus": "billing.models.QuoteStatus",
        "AcceptanceSource": "billing.models.AcceptanceSource",
        "MessageStatus": "contactcenter.tickets.models.MessageStatus",
        "PointKind": "contactcenter.contacts.models.PointKind",
        "Presence": "contactcenter.routing.models.Presence",
        "PresenceByHand": ["available", "break", "offline"],
        "TransferKind": "contactcenter.routing.models.TransferKind",
        "TransferState": "contactcenter.routing.models.TransferState",
        "OfferPurpose": "contactcenter.routing.models.OfferPurpose",
        "Engagement": ["idle", "offered", "engaged", "wrap", "not_responding"],
        "OfferState": "contactcenter.routing.models.OfferState",
        "Role": "contactcenter.tenancy.models.Role",
        "TariffVersionState": ["draft", "in_force"],
        "TicketStatus": "contactcenter.tickets.models.TicketStatus",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(environment.text("STATIC_ROOT", str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
WIDGET_DIST = BASE_DIR / "frontend" / "dist-widget"
STATICFILES_DIRS = [("app", FRONTEND_DIST)] if FRONTEND_DIST.is_dir() else []
ATTACHMENTS_DIR = VAR_DIR / "attachments"
MAX_MESSAGE_BYTES = environment.integer("MAX_MESSAGE_BYTES", default=30_000_000, minimum=10_000, maximum=200_000_000)
MAX_WEBHOOK_BYTES = environment.integer("MAX_WEBHOOK_BYTES", default=1_000_000, minimum=10_000, maximum=30_000_000)
MAX_REMOTE_FILE_BYTES = environment.integer(
    "MAX_REMOTE_FILE_BYTES", default=50_000_000, minimum=10_000, maximum=200_000_000
)
# the largest message in base64, and what surrounds it
MAX_REQUEST_BYTES = MAX_MESSAGE_BYTES * 3 // 2
MAX_ATTACHMENT_BYTES = environment.integer(
    "MAX_ATTACHMENT_BYTES", default=20_000_000, minimum=10_000, maximum=100_000_000
)
EMAIL_URL = environment.text("EMAIL_URL", "")
OUTBOX_DIR = VAR_DIR / "outbox"
SMTP_LISTEN_PORT = environment.integer("SMTP_LISTEN_PORT", default=2525, minimum=1, maximum=65535)
LMTP_LISTEN_PORT = environment.integer("LMTP_LISTEN_PORT", default=0, minimum=0, maximum=65535)

# --- language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский"), ("es", "Español")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
# the n-grams by which languages are told apart: "full" takes 540 MB, "small" 70 MB
LANGUAGE_MODELS = environment.choice("LANGUAGE_MODELS", default="full", choices=("full", "small"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # at INFO it writes every address it calls, and gateways take passwords in theirs
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": environment.text("LOG_LEVEL", "INFO")},
}

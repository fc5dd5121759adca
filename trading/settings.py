"""Settings of the platform, read from the environment.

``SUNLIT_MODE`` is ``production`` unless said otherwise, and production refuses to start without a
secret, with debugging, with a moved clock or with laboratory authorities (``trading.checks``).
"""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from trading import environment as env
from trading.static_files import add_headers

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = env.choice("SUNLIT_MODE", env.MODES, "production")
PRODUCTION = MODE == "production"
DEBUG = env.flag("SUNLIT_DEBUG") and not PRODUCTION

DATA = env.folder("SUNLIT_DATA", BASE_DIR / "var" / MODE)
STORE = env.folder("SUNLIT_STORE", DATA / "store")
KEYS = env.folder("SUNLIT_KEYS", DATA / "keys")
LOGS = env.folder("SUNLIT_LOGS", DATA / "logs")
#: A folder of the centre's own procedure files, beside those of ``trading/procedures``.
PROCEDURES = env.text("SUNLIT_PROCEDURES")
LAB = None if PRODUCTION and not env.text("SUNLIT_LAB") else Path(
    env.text("SUNLIT_LAB") or DATA / "lab"
)

SECRET_KEY = env.secret(
    "SUNLIT_SECRET_KEY", keep_in=None if PRODUCTION else DATA / "secret-key"
)

#: The one address under which the platform is known; it stands in every signed statement.
ORIGIN = env.text("SUNLIT_ORIGIN", "" if PRODUCTION else "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.words("SUNLIT_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,testserver")
CSRF_TRUSTED_ORIGINS = [ORIGIN] if ORIGIN else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "guardian",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "signatures",
    "trading",
    "bidding",
    "archive",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "trading.views.memory.Remembering",
    "trading.views.errors.Refusals",
]

ROOT_URLCONF = "trading.urls"
ASGI_APPLICATION = "trading.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "trading.views.context.page",
            ],
        },
    }
]

DATABASES = {
    "default": env.database("SUNLIT_DATABASE_URL", default=f"sqlite:///{DATA / 'sunlit.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

#: Without it, processes on one machine wake one another through the database.
VALKEY_URL = env.text("SUNLIT_VALKEY_URL")

AUTH_USER_MODEL = "signatures.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["signatures.hashers.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "front"
LOGOUT_REDIRECT_URL = "front"

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default", "seal"],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("SUNLIT_TIME_ZONE", "Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.folder("SUNLIT_STATIC", DATA / "static")
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "blob:"],
        "worker-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = env.integer("SUNLIT_SESSION_SECONDS", 8 * 3600, low=300, high=7 * 86400)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
CSRF_FAILURE_VIEW = "trading.views.errors.csrf"
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 9 * 1024 * 1024

EMAIL_BACKEND = env.text(
    "SUNLIT_EMAIL_BACKEND",
    "django.core.mail.backends.smtp.EmailBackend"
    if PRODUCTION
    else "django.core.mail.backends.locmem.EmailBackend",
)
DEFAULT_FROM_EMAIL = env.text("SUNLIT_EMAIL_FROM", "sunlit@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("SUNLIT_LOG_LEVEL", "INFO")},
    # It greets at import, before a command can say its one line.
    "loggers": {
        "pikepdf": {"level": "WARNING"},
        # A refusal is no fault, and its address may say that somebody bids.
        "django.request": {"level": "ERROR"},
    },
}

#: Timestamp authorities (RFC 3161) by address; foreign ones are run by nobody at the centre.
TIMESTAMP_URLS = env.words("SUNLIT_TIMESTAMP_URLS")
FOREIGN_TIMESTAMP_URLS = env.words("SUNLIT_FOREIGN_TIMESTAMP_URLS")

#: The longest time that the ledger grows without a signed checkpoint, in seconds.
CHECKPOINT_SECONDS = env.integer("SUNLIT_CHECKPOINT_SECONDS", 20, low=1, high=60)
#: Verifier keys of the witnesses whose cosignatures are kept.
WITNESSES = env.words("SUNLIT_WITNESSES")

#: Open contracting data: the registered prefix of every ocid (this one is provisional), the licence
#: under which the centre gives its data, and its publication policy, as links.
OCDS_PREFIX = env.text("SUNLIT_OCDS_PREFIX", "ocds-sunlit")
OCDS_LICENSE = env.text(
    "SUNLIT_OCDS_LICENSE", "" if PRODUCTION else "https://creativecommons.org/licenses/by/4.0/"
)
OCDS_POLICY = env.text("SUNLIT_OCDS_POLICY")

#: Seconds for which no server answers before that is an outage.
OUTAGE = env.integer("SUNLIT_OUTAGE_SECONDS", 60, low=1, high=3600)

#: Frames, parts and files larger than these are refused by name (design of the rooms and uploads).
UPLOAD_PART_BYTES = 32 * 1024 * 1024
#: Where the bodies of envelopes lie: on the disk under DATA, or with a service that speaks S3.
BODIES = env.choice("SUNLIT_BODIES", ("disk", "s3"), "disk")
S3 = {
    "bucket": env.needed("SUNLIT_S3_BUCKET") if BODIES == "s3" else "",
    "endpoint": env.text("SUNLIT_S3_ENDPOINT"),
    "region": env.text("SUNLIT_S3_REGION"),
    "prefix": env.text("SUNLIT_S3_PREFIX", "bodies/"),
    "key": env.text("SUNLIT_S3_KEY"),
    "secret": env.secret("SUNLIT_S3_SECRET", keep_in=None) if env.text("SUNLIT_S3_KEY") else "",
}
#: Bytes of the disk that bids leave free, for what is opened and for everything else.
BODIES_RESERVE = env.integer("SUNLIT_BODIES_RESERVE_MIB", 256, low=0, high=2**24) * 1024 * 1024
ENVELOPE_MAX_BYTES = 4 * 1024**3
DOCUMENT_MAX_BYTES = env.integer("SUNLIT_DOCUMENT_MB", 50, low=1, high=1024) * 1024 * 1024

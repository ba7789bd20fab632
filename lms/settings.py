"""The one settings module. Everything an operator may change comes from the environment; see lms/env.py."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from lms import places
from lms.env import envbool, envint, envsecret, kept_secret

BASE_DIR = places.BASE_DIR
# Tests bring their own PostgreSQL and Valkey, started by tests/conftest.py in this folder.
TESTING = "pytest" in sys.modules
DATA_DIR = BASE_DIR / "build" / "test-pg" if TESTING else places.data_dir()

DEBUG = envbool("DEBUG")
SECRET_KEY = envsecret("SECRET_KEY") or kept_secret(DATA_DIR / "secret")

# The address people type. Hosts, cookies and the redirect to https all follow from it.
SITE_URL = os.environ.get("SITE_URL", "").rstrip("/") or f"http://127.0.0.1:{envint('PORT', 8000)}"
SITE_NAME = {
    "en": os.environ.get("SITE_NAME_EN", "Maru Academy"),
    "ko": os.environ.get("SITE_NAME_KO", "마루 아카데미"),
}
_site = urlsplit(SITE_URL)
HTTPS = _site.scheme == "https"
# Nobody but this machine reaches it: demo accounts need no second factor then.
LOOPBACK = _site.hostname in {"127.0.0.1", "::1", "localhost"}
ALLOWED_HOSTS = sorted({_site.hostname or "", "localhost", "127.0.0.1"} - {""})
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
# Probes ask over plain http from beside the process.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# TLS ends at a proxy, never here; the guard drops look-alike headers such as X_Forwarded_Proto.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "lms.admin_config.OperatorAdminConfig",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "oauth2_provider",
    "records",
    "people",
    "courses",
    "grading",
    "dashboards",
    "lms",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "lms.headers.security_headers",
    "lms.languages.browser_language",
    "lms.oddities.odd_sessions",
    "lms.limits.body_limit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "lms.languages.language_and_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "people.signin.middleware.note_seen",
    "people.signin.middleware.SecondFactor",
    "lms.expired.way_back",
    "lms.refusals.Refusals",
]
ROOT_URLCONF = "lms.urls"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lms.context.site",
            ],
            "builtins": ["lms.templatetags.icons"],
        },
    }
]

# PostgreSQL everywhere. Each thread keeps its connection; a dead one is noticed at the next request.
_database = dj_database_url.parse(
    envsecret("DATABASE_URL")
    or f"postgresql://maru@/maru?host={places.postgres_sockets(DATA_DIR)}&connect_timeout=5",
    conn_max_age=None,
    conn_health_checks=True,
)
DATABASES: dict[str, Any] = {"default": dict(_database)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = envsecret("REDIS_URL") or f"unix://{places.valkey_socket(DATA_DIR)}"

# Tests that run at the same time count apart.
_COUNTERS = (
    f"{REDIS_URL}?db={1 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])}" if TESTING else REDIS_URL
)
CACHES: dict[str, Any] = {
    # Tries and used codes of a second factor: of all web processes together, and nothing here is ever culled. Without
    # the broker whoever needs it is told so (lms/refusals.py). JSON, since what is unpickled could be a program.
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _COUNTERS,
        "KEY_PREFIX": "counted",
        "OPTIONS": {"serializer": "records.plain.AsJson", "socket_timeout": 2, "socket_connect_timeout": 2},
    },
    # Markdown as HTML, by each process for itself.
    "rendered": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rendered",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # When a session was last seen: with several processes it is noted a few times more.
    "seen": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "seen",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

AUTH_USER_MODEL = "people.User"
# axes first: it refuses a try before its password is looked at. See people/throttle.py.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "people.backends.AccountBackend"]
AXES_HANDLER = "people.throttle.LoginHandler"
AXES_CLIENT_IP_CALLABLE = "people.throttle.client_address"
AXES_ENABLE_ADMIN = AXES_VERBOSE = AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# The login form says itself that an account is locked; axes' middleware would answer with a page of its own.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]
ACCOUNT_ADAPTER = "people.signin.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SESSION_COOKIE_AGE = SESSION_COOKIE_AGE
ACCOUNT_FORMS = {"login": "people.signin.forms.LoginForm", "reauthenticate": "people.signin.forms.AgainForm"}
# Tries of a password are counted by people/throttle.py; of a second factor here, by account and by address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "100/15m/ip,5/5m/key"}
MFA_ADAPTER = "people.signin.adapters.FactorAdapter"
MFA_FORMS = {
    "authenticate": "people.signin.factor_forms.CodeForm",
    "reauthenticate": "people.signin.factor_forms.CodeAgainForm",
    "activate_totp": "people.signin.factor_forms.ActivateForm",
    "login_webauthn": "people.signin.factor_forms.PasskeyLoginForm",
    "authenticate_webauthn": "people.signin.factor_forms.PasskeyUseForm",
    "reauthenticate_webauthn": "people.signin.factor_forms.PasskeyAgainForm",
    "add_webauthn": "people.signin.factor_forms.PasskeyForm",
    "edit_webauthn": "people.signin.factor_forms.RenameForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from the people's administration
MFA_TOTP_TOLERANCE = 1
# Browsers allow passkeys at http://localhost, which the library's own check of the origin refuses.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOOPBACK
OAUTH2_PROVIDER_APPLICATION_MODEL = "people.IntegrationClient"
# Machines only (client credentials): the security practice of RFC 9700, all of it.
OAUTH2_PROVIDER: dict[str, Any] = {
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
}
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
if TESTING:  # a slow hash is the point of the others
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Asia/Seoul"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "build" / "static"
STORAGES: dict[str, Any] = {
    # Submissions and course files by sha256. An S3 storage can take this place.
    "artifacts": {
        "BACKEND": "records.artifacts.ArtifactStorage",
        "OPTIONS": {"location": DATA_DIR / "artifacts", "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# Bodies that are no files. Files go to disk from 64 KiB on, so many uploads at once cost no memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**10
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# Mails are rows first (records/mail); the dispatcher hands them to a server or, without one, to a folder.
EMAIL_BACKEND = "records.mail.outbox.OutboxBackend"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = envint("EMAIL_PORT", 25)
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = envsecret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = envbool("EMAIL_USE_TLS")
EMAIL_USE_SSL = envbool("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "") or f"no-reply@{_site.hostname or 'localhost'}"
MAIL_FOLDER = DATA_DIR / "mail"
MAIL_KEEP_DAYS = envint("MAIL_KEEP_DAYS", 90)
MAIL_DELIVERY = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "records.mail.folder.FolderBackend"
)

LEASE_SECONDS = envint("LEASE_SECONDS", 30)
LEASE_RENEW = LEASE_SECONDS / 3
WORKER_CONCURRENCY = envint("WORKER_CONCURRENCY", 2)
WEB_THREADS = envint("WEB_THREADS", 8)
EVENT_STREAMS_PER_USER = envint("EVENT_STREAMS_PER_USER", 20)

LOG_LEVEL = os.environ.get("LOG_LEVEL", "INFO").upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "lms.logs.OneLine", "format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    },
    "filters": {"refused": {"()": "lms.logs.Refused"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # Django brings handlers of its own that mail and print; ours is the only one.
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.request": {"filters": ["refused"]},
        "django.server": {"handlers": [], "propagate": True},
    },
}

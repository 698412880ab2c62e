"""All settings. The environment is read here and nowhere else; what is missing or unsafe fails at start."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from socket import gethostname
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from pimportal import environment
from pimportal.schedule import JOBS

BASE_DIR = Path(__file__).resolve().parent.parent


# ---- Reading the environment -------------------------------------------------------------------------------

DATA_DIR = Path(os.environ.get("PIM_DATA_DIR", BASE_DIR / ".local"))
# `make run` keeps the secret keys it makes in this file; the environment itself wins.
_ENVIRONMENT = {**environment.read_file(DATA_DIR / "env"), **os.environ}


def env(name: str, default: str = "") -> str:
    return _ENVIRONMENT.get(name, default).strip()


def env_flag(name: str) -> bool:
    return env(name).lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


def env_number(name: str, default: int, most: int, least: int = 0) -> int:
    text = env(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ImproperlyConfigured(f"{name} is a number from {least} to {most}, not {text!r}.")
    return int(text)


# ---- The three switches: demo, database, mail --------------------------------------------------------------

DEMO = env_flag("PIM_DEMO")
DATABASES = {
    "default": environment.database(env("DATABASE_URL"), default=DATA_DIR / "pimportal.sqlite3"),
}
_MAIL = environment.mail_server(env("EMAIL_URL"))
MAIL_IS_KEPT = not _MAIL.host  # without a server, mail stays in the table of notices

# ---- Keys and addresses ------------------------------------------------------------------------------------

SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
# Encrypts second-factor secrets at rest; a list, newest first, so that it can be rotated.
FACTOR_KEYS = env_list("PIM_FACTOR_KEYS", SECRET_KEY if DEMO else "")

PORT = env_number("PORT", 8000, most=65535)
LISTEN = env("PIM_LISTEN", "127.0.0.1")
BASE_URL = env("BASE_URL", f"http://127.0.0.1:{PORT}" if DEMO else "").rstrip("/")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if DEMO else "")
# Empty: what was said when the portal was set up (`common.organisation`).
ORGANISATION = env("PIM_ORGANISATION", "Example Organisation" if DEMO else "")
DEBUG = False

if DEMO:
    _problems = environment.problems_of_demo(hosts=ALLOWED_HOSTS, base_url=BASE_URL, listen=LISTEN)
    if not SECRET_KEY:
        _problems.append(f"Start the demo with `make run`, which keeps its keys in {DATA_DIR / 'env'}.")
else:
    _problems = environment.problems_of_production(
        secret_key=SECRET_KEY, factor_keys=FACTOR_KEYS, hosts=ALLOWED_HOSTS, base_url=BASE_URL
    )
if _problems:
    raise ImproperlyConfigured("\n".join([*_problems, "README.md says more, also on PIM_DEMO=1."]))

# ---- Apps, lowest first (apps/README.md) -------------------------------------------------------------------

INSTALLED_APPS = [
    "pimportal",
    "apps.portal",
    "apps.alerts",
    "apps.administration",
    "apps.reviews",
    "apps.access_requests",
    "apps.assignments",
    "apps.jobs",
    "apps.roles",
    "apps.accounts",
    "apps.notifications",
    "apps.audit",
    "apps.common",
    "crispy_forms",
    "crispy_bootstrap5",
    "bs_icon_templates",
    "django_htmx",
    "django_otp",
    "django_q",
    "js_lib_bootstrap5",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # templates of its widgets
]

MIDDLEWARE = [
    "apps.common.web.middleware.origin",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.web.middleware.strict_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.common.web.middleware.clock",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.session_limits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.time_zone",
    "apps.assignments.middleware.access",
    "apps.portal.middleware.frame",
    "apps.administration.middleware.lead_to_setup",
    "apps.common.web.middleware.domain_errors",
]

ROOT_URLCONF = "pimportal.urls"
WSGI_APPLICATION = "pimportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # widgets of ours have templates among the others
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
                "apps.portal.context.frame",
            ],
            "builtins": ["apps.common.templatetags.portal"],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# ---- People and sessions -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",  # costs an attacker memory, not only time
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "MinimumLengthValidator": {"min_length": 12},
        "CommonPasswordValidator": {},
        # It compares which letters occur, not where: at its default of 0.7 it refuses good passphrases.
        "UserAttributeSimilarityValidator": {"user_attributes": ("name", "email"), "max_similarity": 0.9},
    }.items()
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "portal:home"
SECOND_FACTOR_MAX_AGE = 300  # seconds; older than that it does not count as fresh
IMPORT_DAYS = env_number("PIM_IMPORT_DAYS", 90, most=3650)  # after that, files that came in are deleted
SESSION_ENGINE = "apps.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds from sign-in, whatever happens
SESSION_IDLE_AGE = 60 * 60  # seconds without a page

# ---- HTTPS -------------------------------------------------------------------------------------------------

_HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
CSRF_COOKIE_HTTPONLY = True  # forms carry the token; no script reads it
SECURE_REDIRECT_EXEMPT = [r"^health/(live|ready)/$"]  # asked by machines on the spot
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # the preload list is the domain owner's decision
]
# How many proxies of ours stand in front, each adding one address to X-Forwarded-For. With none, nothing that
# a header says about the client or the scheme is believed.
PROXY_COUNT = env_number("PIM_BEHIND_PROXY", 0, most=9)
if PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# ---- Mail --------------------------------------------------------------------------------------------------

EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.scheme == "smtp+tls", _MAIL.scheme == "smtps"
EMAIL_TIMEOUT = 10
# After that, notices are deleted. No round of a review is longer: its notices say who has been told.
NOTICE_DAYS = env_number("PIM_NOTICE_DAYS", 400, least=366, most=36500)
DEFAULT_FROM_EMAIL = env("PIM_MAIL_FROM", f"pim-portal@{urlsplit(BASE_URL).hostname}")

# ---- Webhooks ----------------------------------------------------------------------------------------------

WEBHOOK_NETWORKS = environment.webhook_networks(
    env_list("PIM_WEBHOOK_NETWORKS")
)  # private ones they may reach

# ---- Background tasks --------------------------------------------------------------------------------------

PERIODIC_JOBS = JOBS
MACHINE = env("PIM_MACHINE", gethostname())[:120]  # what this machine is called where several share the work
# Longer than a task may take, so that silence means that nothing works any more.
WORKER_SILENCE_SECONDS = 60
WEB_WORKERS = env_number("WEB_CONCURRENCY", 2, most=64)
Q_CLUSTER = {
    "name": "pim",
    "orm": "default",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 0.5,
    "timeout": 45,
    # Counted from when a task is taken, not from its start: timeout * (queue_limit + 2) / workers, and room.
    "retry": 300,
    "max_attempts": 3,
    "ack_failures": False,
    "scheduler": False,  # `apps.portal.ticker` is ours
    "save_limit": 1000,
}

# ---- The audit log (docs/audit.md) -------------------------------------------------------------------------

AUDIT_MONTHS = env_number("PIM_AUDIT_MONTHS", 0, most=1200)  # 0: events are kept for ever
AUDIT_CHECKPOINT_TO = env_list("PIM_AUDIT_CHECKPOINT_TO")  # addresses outside, mailed once a day
AUDIT_STREAM = env_flag("PIM_AUDIT_STREAM")  # `serve` writes events to its standard output as well

# ---- Time, language ----------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"

# ---- Static files ------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = None if DEMO else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# The demo serves files from where the packages have them; production from `collectstatic`, with hashed names.
WHITENOISE_USE_FINDERS = DEMO
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ---- Monitoring --------------------------------------------------------------------------------------------

VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
METRICS_TOKEN = env("PIM_METRICS_TOKEN")  # whoever sends it may read /metrics/; without one nobody may
if 0 < len(METRICS_TOKEN) < environment.SHORTEST_TOKEN:
    raise ImproperlyConfigured(
        f"PIM_METRICS_TOKEN is a random text of at least {environment.SHORTEST_TOKEN} characters."
    )

# ---- Logs: one line each, to the standard error output -----------------------------------------------------

LOG = env("PIM_LOG", "line")  # for people, who read the journal; "json" for tools that collect logs
if LOG not in {"line", "json"}:
    raise ImproperlyConfigured(f"PIM_LOG is line or json, not {LOG!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "apps.common.logs.WithRequestId"}},
    "formatters": {
        "line": {
            "()": "apps.common.logs.OneLine",
            "fmt": "{asctime} {levelname} {name} {request_id:-<1}: {message}",
            "style": "{",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "{levelname}{name}{request_id}{message}",
            "style": "{",
            "rename_fields": {"levelname": "level", "name": "logger"},
            "timestamp": True,
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG, "filters": ["request"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "access": {"level": "INFO"},
        "apps": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},  # that something was not found, the line of each request says
        "django-q": {"level": "WARNING"},
        "gunicorn.error": {"handlers": [], "propagate": True},  # it loads this after it has set up its own
    },
}

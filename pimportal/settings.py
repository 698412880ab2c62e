"""All settings. The environment is read here and nowhere else; what is missing or unsafe fails at start."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


# ---- Reading the environment -----------------------------------------------------------------------------------


def env(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name}. README.md says what it is for.")
    return value


def env_flag(name: str) -> bool:
    return env(name, "0").lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


# ---- The three switches: demo, database, mail ------------------------------------------------------------------

DEMO = env_flag("PIM_DEMO")
PORT = int(env("PORT", "8000"))
DATA_DIR = Path(env("PIM_DATA_DIR", str(BASE_DIR / ".local")))

SECRET_KEY = env("SECRET_KEY")
# Encrypts second-factor secrets at rest; a list, newest first, so that it can be rotated.
FACTOR_KEYS = env_list("PIM_FACTOR_KEYS", env("SECRET_KEY"))

BASE_URL = env("BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ORGANISATION = env("PIM_ORGANISATION", "Example Organisation")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
DEBUG = False

# ---- Apps, lowest first (apps/README.md) -----------------------------------------------------------------------

INSTALLED_APPS = [
    "apps.portal",
    "apps.access_requests",
    "apps.assignments",
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
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.web.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.common.web.middleware.clock",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.time_zone",
    "apps.assignments.middleware.access",
    "apps.common.web.middleware.domain_errors",
]

ROOT_URLCONF = "pimportal.urls"
WSGI_APPLICATION = "pimportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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

# ---- Database --------------------------------------------------------------------------------------------------

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "pimportal.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

# ---- People and sessions ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "portal:home"
# How many proxies of ours stand in front, each adding one address to X-Forwarded-For; 0: the header is not read.
PROXY_COUNT = int(env("PIM_PROXY_COUNT", "0"))
SECOND_FACTOR_MAX_AGE = 300  # seconds; older than that it does not count (design: "fresh")

# ---- Time, language --------------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"

# ---- Static files ----------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]

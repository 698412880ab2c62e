"""The settings as a fresh process would have them: the file is run anew for each environment."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess

import pytest
from django.conf import settings as current
from django.core.exceptions import ImproperlyConfigured

PRODUCTION = {
    "SECRET_KEY": "a-key-of-the-tests-that-has-fifty-characters-and-more",
    "PIM_FACTOR_KEYS": "the-newest-factor-key-of-32-characters, an-older-factor-key-of-32-characters",
    "ALLOWED_HOSTS": "pim.example.com",
    "BASE_URL": "https://pim.example.com/",
    "DATABASE_URL": "postgres://pim:secret@db.example.com/pim",
    "EMAIL_URL": "smtp+tls://pim:secret@mail.example.com",
}


@pytest.fixture
def load(monkeypatch, tmp_path):
    def load_with(**variables):
        for name in list(os.environ):
            if name.startswith("PIM_") or name in {*PRODUCTION, "PORT"}:
                monkeypatch.delenv(name)
        for name, value in {"PIM_DATA_DIR": str(tmp_path), **variables}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(current.BASE_DIR / "pimportal" / "settings.py"))

    return load_with


def test_is_strict_in_production(load):
    settings = load(**PRODUCTION)

    assert not settings["DEMO"]
    assert not settings["DEBUG"]
    assert settings["SESSION_COOKIE_SECURE"]
    assert settings["CSRF_COOKIE_SECURE"]
    assert settings["SECURE_SSL_REDIRECT"]
    assert settings["SECURE_HSTS_SECONDS"] == 31_536_000
    assert settings["FACTOR_KEYS"] == [
        "the-newest-factor-key-of-32-characters",
        "an-older-factor-key-of-32-characters",
    ]
    assert settings["BASE_URL"] == "https://pim.example.com"
    assert not settings["MAIL_IS_KEPT"]
    assert settings["EMAIL_USE_TLS"]
    assert settings["DEFAULT_FROM_EMAIL"] == "pim-portal@pim.example.com"
    assert "Manifest" in settings["STORAGES"]["staticfiles"]["BACKEND"]


def test_believes_a_proxy_only_when_told_to(load):
    assert "SECURE_PROXY_SSL_HEADER" not in load(**PRODUCTION)
    assert load(**PRODUCTION, PIM_BEHIND_PROXY="1")["SECURE_PROXY_SSL_HEADER"] == (
        "HTTP_X_FORWARDED_PROTO",
        "https",
    )


def test_writes_its_log_in_one_of_two_forms(load):
    assert load(**PRODUCTION)["LOGGING"]["handlers"]["stderr"]["formatter"] == "line"
    assert load(**PRODUCTION, PIM_LOG="json")["LOGGING"]["handlers"]["stderr"]["formatter"] == "json"
    with pytest.raises(ImproperlyConfigured, match="PIM_LOG is line or json, not 'xml'"):
        load(**PRODUCTION, PIM_LOG="xml")


def test_takes_no_short_token_for_metrics(load):
    assert load(**PRODUCTION)["METRICS_TOKEN"] == ""
    with pytest.raises(ImproperlyConfigured, match="PIM_METRICS_TOKEN is a random text of at least 32"):
        load(**PRODUCTION, PIM_METRICS_TOKEN="monitoring")


def test_keeps_notices_for_longer_than_any_review_lasts(load):
    assert load(**PRODUCTION)["NOTICE_DAYS"] == 400
    with pytest.raises(ImproperlyConfigured, match="PIM_NOTICE_DAYS is a number from 366 to 36500"):
        load(**PRODUCTION, PIM_NOTICE_DAYS="365")


def test_says_everything_that_is_missing_at_once(load):
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()

    assert all(
        name in str(refusal.value) for name in ("SECRET_KEY", "PIM_FACTOR_KEYS", "ALLOWED_HOSTS", "BASE_URL")
    )


def test_keeps_mail_in_the_demo(load):
    settings = load(PIM_DEMO="1", SECRET_KEY="a-key", PORT="8001")

    assert settings["MAIL_IS_KEPT"]
    assert settings["BASE_URL"] == "http://127.0.0.1:8001"


def test_does_not_show_the_demo_to_others(load):
    with pytest.raises(ImproperlyConfigured, match=r"pim\.example\.com"):
        load(PIM_DEMO="1", SECRET_KEY="a-key", ALLOWED_HOSTS="pim.example.com")


def test_reads_the_keys_that_were_made_at_the_first_start(load, tmp_path):
    (tmp_path / "env").write_text("SECRET_KEY=made-once\n")

    assert load(PIM_DEMO="1")["SECRET_KEY"] == "made-once"
    assert load(PIM_DEMO="1", SECRET_KEY="from-outside")["SECRET_KEY"] == "from-outside"


@pytest.mark.parametrize("port", ["eight", "-1", "65536", "8000.5", "８０００"])
def test_refuses_what_is_no_port(load, port):
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        load(PIM_DEMO="1", SECRET_KEY="a-key", PORT=port)


def test_gives_the_queue_time_to_do_a_task_before_it_repeats_it():
    queue = current.Q_CLUSTER

    assert queue["retry"] >= queue["timeout"] * (queue["queue_limit"] + 2) / queue["workers"] + 60
    assert queue["timeout"] < current.WORKER_SILENCE_SECONDS


def test_reads_the_environment_in_the_settings_alone():
    readers = [
        str(path.relative_to(current.BASE_DIR))
        for folder in ("apps", "pimportal")
        for path in (current.BASE_DIR / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    ]

    assert set(readers) == {"pimportal/settings.py", "pimportal/wsgi.py"}


def test_keeps_keys_and_machine_paths_out_of_the_repository():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=current.BASE_DIR, capture_output=True, text=True, check=True
    )
    locks = "".join(path.read_text() for path in (current.BASE_DIR / "requirements").glob("*.txt"))

    assert not re.search(
        r"(^|/)(\.local|\.env|env)(/|$)|\.sqlite3|\.pem$|\.key$", listed.stdout, re.MULTILINE
    )
    assert not re.search(r"--(extra-)?index-url|--find-links|file://|https?://", locks)

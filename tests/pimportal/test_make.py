"""What `make run` says when it cannot begin: one sentence with what to do."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from django.conf import settings

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="There is no make.")


@pytest.fixture
def run(tmp_path):
    """`make run` where nothing is but the Makefile, with a Python that behaves as the script says."""
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").touch()
    shutil.copy(settings.BASE_DIR / "Makefile", tmp_path)

    def run_with(script: str) -> list[str]:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
        made = subprocess.run(
            ["make", "run", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert made.returncode == 2
        assert not (tmp_path / ".venv").exists()
        return [line for line in made.stderr.splitlines() if not line.startswith("make")]

    return run_with


def test_says_that_python_is_too_old(run):
    (said,) = run('case "$2" in *version_info*) exit 1;; esac')

    assert "is too old. Name Python 3.11 or newer" in said


def test_says_that_venv_is_missing(run):
    (said,) = run('case "$2" in *ensurepip*) exit 1;; esac')

    assert "sudo apt install python3-venv" in said


def test_says_that_python_is_not_there(tmp_path):
    shutil.copy(settings.BASE_DIR / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").touch()

    made = subprocess.run(
        ["make", "run", "PYTHON=no-such-python"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert made.stderr.startswith("no-such-python is not there. Install Python 3.11 or newer")


def test_makes_keys_once_that_only_their_owner_reads(tmp_path):
    shutil.copy(settings.BASE_DIR / "Makefile", tmp_path)
    (tmp_path / ".venv").symlink_to(settings.BASE_DIR / ".venv")
    keys = tmp_path / ".local" / "env"

    subprocess.run(["make", ".local/env"], cwd=tmp_path, capture_output=True, check=True)
    first = keys.read_text()
    subprocess.run(["make", ".local/env"], cwd=tmp_path, capture_output=True, check=True)

    assert keys.read_text() == first
    assert keys.stat().st_mode & 0o777 == 0o600
    assert [line.split("=")[0] for line in first.splitlines()] == ["SECRET_KEY", "PIM_FACTOR_KEYS"]
    assert all(len(line.split("=")[1]) >= 50 for line in first.splitlines())

"""The real settings, in a process of their own."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GOOD = secrets.token_urlsafe(48)
OWN = """
from snakeweb.settings import *
{lines}
"""


def started(state: Path, *, lines: str = "", **given: str) -> "subprocess.CompletedProcess[str]":
    """`django.setup()`, which every process begins with, under settings that end with these lines."""
    (state / "own_settings.py").write_text(OWN.format(lines=lines))
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    surroundings |= {
        "SNAKEWEB_STATE": str(state),
        "SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example.org",
        "SNAKEWEB_SECRET_KEYS": GOOD,
        "DJANGO_SETTINGS_MODULE": "own_settings",
        "PYTHONPATH": os.pathsep.join((str(state), str(ROOT))),
        **given,
    }
    command = [sys.executable, "-c", "import django; django.setup(); print('started')"]
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=60)


def test_good_settings_start(tmp_path):
    said = started(tmp_path)

    assert said.stdout == "started\n", said.stderr


def test_every_reason_is_said_at_once_with_what_to_do_and_no_secret(tmp_path):
    said = started(
        tmp_path,
        lines="DEBUG = True\nSESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SESSION_COOKIE_HTTPONLY = False\n"
        "SESSION_COOKIE_SAMESITE = 'None'\nMFA_TOTP_INSECURE_BYPASS_CODE = '123456'\nSECRET_KEY = 'mine alone'\n"
        "PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']\nALLOWED_HOSTS = ['*']",
        SNAKEWEB_SECRET_KEYS="change-me-to-at-least-50-random-characters short-guess " + "ab" * 30 + f" {GOOD} {GOOD}",
    )

    assert said.returncode == 1
    assert "started" not in said.stdout
    assert "Traceback" not in said.stderr
    for reason in (
        "Remove SNAKEWEB_DEBUG",
        "Name the hosts in SNAKEWEB_ALLOWED_HOSTS",
        "key 1 of SNAKEWEB_SECRET_KEYS is an example",
        "key 2 of SNAKEWEB_SECRET_KEYS can be guessed",
        "key 3 of SNAKEWEB_SECRET_KEYS",
        "lists a key twice",
        "SECRET_KEY is none of",
        "SESSION_COOKIE_SECURE is off",
        "CSRF_COOKIE_SECURE is off",
        "SESSION_COOKIE_HTTPONLY is off",
        "SESSION_COOKIE_SAMESITE",
        "MFA_TOTP_INSECURE_BYPASS_CODE",
        "PASSWORD_HASHERS",
    ):
        assert reason in said.stderr
    assert not [secret for secret in (GOOD, "short-guess", "123456", "mine alone") if secret in said.stderr]


def test_variables_alone_are_enough(tmp_path):
    said = started(tmp_path, SNAKEWEB_DEBUG="1", SNAKEWEB_ALLOWED_HOSTS="*", SNAKEWEB_SECRET_KEYS="")

    assert said.returncode == 1
    assert "started" not in said.stdout
    assert (tmp_path / "secret_keys").read_text() not in said.stderr
    for reason in ("Remove SNAKEWEB_DEBUG", "“*” in the host names", "SNAKEWEB_SECRET_KEYS is not set"):
        assert reason in said.stderr


@pytest.mark.parametrize("switch", ["SNAKEWEB_GUARDS_OFF", "SNAKEWEB_CRASH_AT"])
def test_switches_of_tests_are_refused(tmp_path, switch):
    said = started(tmp_path, **{switch: "barrier"})

    assert said.returncode == 1
    assert f"{switch} is for tests" in said.stderr
    assert "started" not in said.stdout


def test_on_ones_own_machine_everything_goes(tmp_path):
    said = started(tmp_path, SNAKEWEB_ALLOWED_HOSTS="", SNAKEWEB_SECRET_KEYS="short", SNAKEWEB_DEBUG="1")

    assert said.stdout == "started\n", said.stderr

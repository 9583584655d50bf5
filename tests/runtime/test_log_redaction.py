import logging
import os
import subprocess
import sys
import threading

import pytest
from django.conf import LazySettings, settings

from migrations_app.engine.hiding import HIDDEN, redact_text
from migrations_app.runtime.log_redaction import RedactingFormatter, remember_configured

CHILD = """
import os, sys, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "snakeweb.settings"
import django
django.setup()
import logging
for name in ("x", "django.request", "django.server", "celery.task.theirs", "multiprocessing"):
    logging.getLogger(name).error("dsn is %s", "postgres://u:pl4nted@h/d")
class Ignored:
    def __del__(self):
        raise ConnectionError("gave up on postgres://u:pl4nted@h/d")
Ignored()
def fails():
    raise ConnectionError("could not reach postgres://u:pl4nted@h/d")
thread = threading.Thread(target=fails)
thread.start()
thread.join()
fails()
"""


def test_a_record_is_redacted_with_its_arguments_and_its_traceback() -> None:
    try:
        raise ConnectionError("no route to redis://:pl4nted@host:1/0, password='pl4nted two'")
    except ConnectionError:
        record = logging.LogRecord("n", 40, "p", 1, "calling %s", ("host=h password=pl4nted",), sys.exc_info())

    text = RedactingFormatter("{levelname} {message}", style="{").format(record)

    assert "pl4nted" not in text
    assert "ConnectionError: no route to redis://:" in text


def test_what_the_installation_was_given_is_known(settings: LazySettings) -> None:
    settings.SNAKEWEB_SECRET_KEYS = ("a key of the log test",)
    settings.CELERY_BROKER_URL = "redis://:broker%20password@host/0"
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = ("https://u:receiver-password@host/x",)

    settings.EMAIL_HOST_PASSWORD, settings.SNAKEWEB_OIDC_CLIENT_SECRET = "mail-password", "oidc-secret"

    remember_configured(settings)

    said = redact_text("a key of the log test, broker password, receiver-password, mail-password, oidc-secret")
    assert said == ", ".join([HIDDEN] * 5)


@pytest.mark.servers
def test_a_process_writes_no_secret_to_standard_error_whatever_dies() -> None:
    surroundings = {**os.environ, "SNAKEWEB_DEBUG": "1"}  # Django adds a handler of its own then
    ended = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, env=surroundings)

    assert ended.returncode == 1
    assert "pl4nted" not in ended.stderr
    assert ended.stderr.count(f"postgres://u:{HIDDEN}@h/d") == 8, ended.stderr
    assert "Exception in thread" in ended.stderr


def test_hooks_of_others_are_left_alone() -> None:
    assert settings.configured
    assert threading.excepthook.__module__ != "migrations_app.runtime.log_redaction"

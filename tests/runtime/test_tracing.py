import subprocess
import sys

import pytest
from django.conf import LazySettings

from migrations_app.runtime import tracing
from migrations_app.runtime.tracing import OFF, came_with, carried, carrying, tracer
from tests.architecture.sources import ROOT

LOADED = """
import sys
import django
django.setup()
import migrations_app.tasks, migrations_app.runtime.tracing as tracing
with tracing.tracer().span("x", {}) as span:
    span.add({"a": 1}); span.rename("y"); span.fail("z")
loaded = [name for name in sys.modules if name.startswith(("opentelemetry.exporter", "migrations_app.runtime.otlp"))]
print(tracing.tracer().on, loaded)
"""


def test_where_nothing_is_traced_our_part_of_it_is_not_loaded() -> None:
    """redis-py loads the SDK wherever it is installed."""
    words = [sys.executable, "-c", LOADED]
    environment = {"DJANGO_SETTINGS_MODULE": "snakeweb.settings", "PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    ended = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["False", "[]"]


@pytest.mark.parametrize(("url", "enabled"), [("", True), ("http://127.0.0.1:4318/v1/traces", False)])
def test_the_tracer_is_off_without_an_address_or_telemetry(settings: LazySettings, url: str, enabled: bool) -> None:
    settings.SNAKEWEB_TRACES_URL, settings.SNAKEWEB_MIGRATION = url, {"telemetry_enabled": enabled}
    tracing.tracer.cache_clear()
    assert tracer() is OFF
    assert (carried(), OFF.current()) == ("", "")


def test_what_a_thread_came_with_is_carried_on() -> None:
    with carrying("00-a-b-01"):
        with carrying(""):
            assert (came_with(), carried()) == ("", "")
        assert (came_with(), carried()) == ("00-a-b-01", "00-a-b-01")
    assert came_with() == ""

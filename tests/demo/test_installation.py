import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from migrations_app.demo.installation import configured_installation, is_free, listen, listen_from
from migrations_app.demo.processes import Processes, ProcessFailed
from migrations_app.testing.servers import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_passed_over(taken_port):
    assert not is_free(taken_port)
    with listen_from(taken_port) as listener:
        assert listener.getsockname()[1] != taken_port


def test_a_port_that_was_asked_for_and_is_taken_is_told_before_anything_starts(taken_port):
    with pytest.raises(ProcessFailed, match=f"127.0.0.1:{taken_port} .*--port; nothing was started"):
        listen(taken_port)


def test_a_redis_that_nobody_named_is_not_used(tmp_path, monkeypatch, taken_port):
    monkeypatch.delenv("SNAKEWEB_REDIS_URL", raising=False)
    monkeypatch.setattr("migrations_app.demo.installation.BROKER_PORT", taken_port)

    with pytest.raises(ProcessFailed, match="SNAKEWEB_REDIS_URL"), configured_installation(tmp_path, 0):
        pass


@pytest.mark.servers
@pytest.mark.timeout(180)
def test_run_serves_until_it_is_told_to_stop(tmp_path, redis_server):
    port = free_port()
    surroundings = {
        **os.environ,
        "SNAKEWEB_STATE": str(tmp_path),
        "SNAKEWEB_REDIS_URL": redis_server.database_url(5),
    }
    command = [sys.executable, "manage.py", "run", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = running.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20) as answer:
            assert answer.status == 200
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
            assert json.load(answer)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)

    assert told == f"Snakeweb is at http://127.0.0.1:{port} (Ctrl-C stops it)\n"
    assert running.returncode == 0
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass


def test_processes_get_the_settings_module(tmp_path):
    with Processes(tmp_path, {**os.environ, "DJANGO_SETTINGS_MODULE": "snakeweb.settings"}) as processes:
        assert "no issues" in processes.run("check", [sys.executable, "-m", "django", "check"])
